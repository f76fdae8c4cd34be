/// Two self-signed certificates for `one.example` and `two.example`; they protect nothing.
enum TestCertificates {
    struct Pair: Sendable {
        let certificate: String
        let key: String
    }

    static let one = Pair(
        certificate: """
            -----BEGIN CERTIFICATE-----
            MIIBhDCCASmgAwIBAgIUSLyOWPZF+BMc2X0iJtJPMvBwpLAwCgYIKoZIzj0EAwIw
            FjEUMBIGA1UEAwwLb25lLmV4YW1wbGUwIBcNMjYxMTIzMTkxMjI4WhgPMjEyNjEw
            MzAxOTEyMjhaMBYxFDASBgNVBAMMC29uZS5leGFtcGxlMFkwEwYHKoZIzj0CAQYI
            KoZIzj0DAQcDQgAEfmaL0eVPpwi3hNcl9S2J903LkvFbbKzIrmhzLq1+dOr1BHQh
            BEeDU1J3Ws6qbd5a4d3ylIILM5FllenN/ft5naNTMFEwHQYDVR0OBBYEFNmvSCc2
            RG8a3Xlh8CylU0JRE9KDMB8GA1UdIwQYMBaAFNmvSCc2RG8a3Xlh8CylU0JRE9KD
            MA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSQAwRgIhAPm1k0VJ3nKQCPLr
            ix+W231l6v+aZKBn0lxHLdpZBmUUAiEAk8ilPTQCdt+vCN4AbnuYvJ7osfwnPJsB
            N5VIgx+yhHk=
            -----END CERTIFICATE-----
            """,
        key: """
            -----BEGIN PRIVATE KEY-----
            MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgcM5b76vz/W5ytbKt
            cUBc8/dVsbPpOnUqd2kUS9Xq5xehRANCAAR+ZovR5U+nCLeE1yX1LYn3TcuS8Vts
            rMiuaHMurX506vUEdCEER4NTUndazqpt3lrh3fKUggszkWWV6c39+3md
            -----END PRIVATE KEY-----
            """)

    static let two = Pair(
        certificate: """
            -----BEGIN CERTIFICATE-----
            MIIBhDCCASmgAwIBAgIUA1C665N3g3RF2i9+UCi7llYGX9kwCgYIKoZIzj0EAwIw
            FjEUMBIGA1UEAwwLdHdvLmV4YW1wbGUwIBcNMjYxMTIzMTkxMjI4WhgPMjEyNjEw
            MzAxOTEyMjhaMBYxFDASBgNVBAMMC3R3by5leGFtcGxlMFkwEwYHKoZIzj0CAQYI
            KoZIzj0DAQcDQgAEcLd8uqu99KPhjliaDHfSbujDDieH479oTQw8m908NYZ8f/4Y
            36fda+6YN5FG7hZjBTUa1ymSPRphOz5wH+gaqaNTMFEwHQYDVR0OBBYEFNuMOyWT
            A7P/+imKvm8GYVauNRfSMB8GA1UdIwQYMBaAFNuMOyWTA7P/+imKvm8GYVauNRfS
            MA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSQAwRgIhAPxMspCUTIOJkO+e
            7A7ab8wEAM7N/+ZWo7cvtYyzrj09AiEA7o4KrL4hLaewO/g99ATuUgpD3Lb2djAa
            Dc1WsOa0vTM=
            -----END CERTIFICATE-----
            """,
        key: """
            -----BEGIN PRIVATE KEY-----
            MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgBJ+CsgoPnRwwZx+z
            +Or5kgUOVcAfdJaPoMxXq2EnOmehRANCAARwt3y6q730o+GOWJoMd9Ju6MMOJ4fj
            v2hNDDyb3Tw1hnx//hjfp91r7pg3kUbuFmMFNRrXKZI9GmE7PnAf6Bqp
            -----END PRIVATE KEY-----
            """)
}
