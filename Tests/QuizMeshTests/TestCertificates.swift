import Foundation
import Logging
import QuizMesh

/// Two authorities and a node's certificate of each; they protect nothing.
struct TestCertificates {
    let authority: String
    let certificate: String
    let key: String

    /// Written to files that are gone when the test process is.
    func files(in directory: URL) throws -> (certificate: String, key: String, authority: String) {
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let paths = ["certificate.pem", "key.pem", "authority.pem"].map { directory.appending(path: $0).path }
        for (path, text) in zip(paths, [certificate, key, authority]) {
            try text.write(toFile: path, atomically: true, encoding: .utf8)
        }
        return (paths[0], paths[1], paths[2])
    }

    /// - Parameter trusting: whose authority peers must be of; nil: the same.
    func mesh(trusting other: TestCertificates? = nil) throws -> MeshCertificates {
        let directory = FileManager.default.temporaryDirectory.appending(path: "quizmania-mesh-\(UUID().uuidString)")
        defer {
            // Read by now; a leftover in the temporary directory harms nobody.
            try? FileManager.default.removeItem(at: directory)
        }
        let files = try TestCertificates(
            authority: (other ?? self).authority, certificate: certificate, key: key
        ).files(in: directory)
        return try MeshCertificates(
            certificateFile: files.certificate, keyFile: files.key, authorityFile: files.authority,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    static let one = TestCertificates(
        authority: """
            -----BEGIN CERTIFICATE-----
            MIIBZDCCAQqgAwIBAgICEAEwCgYIKoZIzj0EAwIwGDEWMBQGA1UEAwwNYXV0aG9y
            aXR5IG9uZTAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAwMFowGDEWMBQG
            A1UEAwwNYXV0aG9yaXR5IG9uZTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABKwb
            R49qJ3+DWsp9f2P4/7NYqpsCTcLzDwCl4pbeXZNy8iVay1YB9ys60K6W36lHXEQs
            VxW/XRxL+bpy8zB5HyijQjBAMA8GA1UdEwEB/wQFMAMBAf8wDgYDVR0PAQH/BAQD
            AgEGMB0GA1UdDgQWBBRPHHrxaREG+LSIOJjnMyzRaTI6yTAKBggqhkjOPQQDAgNI
            ADBFAiEApw0HXarqdwcjT0B2kv5sbXugcXs+5eLWil3zLV5qRaMCIFFK9DJF+PhW
            EySf4JRcA84s8LkiKSHAt1UsGWSIdS39
            -----END CERTIFICATE-----
            """,
        certificate: """
            -----BEGIN CERTIFICATE-----
            MIIBjzCCATWgAwIBAgICEAIwCgYIKoZIzj0EAwIwGDEWMBQGA1UEAwwNYXV0aG9y
            aXR5IG9uZTAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAwMFowFjEUMBIG
            A1UEAwwLbm9kZSBvZiBvbmUwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQ+Y9My
            n5wfIvL/mYjF9JzozuNcSb3JXPXxzNKY+hxK3/oXJunS+mIXKd/816Pr9u5ixqaS
            J2UfJ/eGJYFg4cqoo28wbTAMBgNVHRMBAf8EAjAAMB0GA1UdJQQWMBQGCCsGAQUF
            BwMBBggrBgEFBQcDAjAdBgNVHQ4EFgQUXEiyqYsu2vxqCgtJlueRh4Mdi/MwHwYD
            VR0jBBgwFoAUTxx68WkRBvi0iDiY5zMs0WkyOskwCgYIKoZIzj0EAwIDSAAwRQIh
            ANZzuX4U/ccp/pV71OrEhSYykAi+OrWPbwTYCpBCj40cAiBexEN7pLLA8MIXot88
            XEWLothZOuwCEDajsvbjPN/s6g==
            -----END CERTIFICATE-----
            """,
        key: """
            -----BEGIN PRIVATE KEY-----
            MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgp9o0Qy/Bg3Njo2Iu
            R/MYSJvjSiWU4GdTz6E+0brBFKehRANCAAQ+Y9Myn5wfIvL/mYjF9JzozuNcSb3J
            XPXxzNKY+hxK3/oXJunS+mIXKd/816Pr9u5ixqaSJ2UfJ/eGJYFg4cqo
            -----END PRIVATE KEY-----
            """)

    static let two = TestCertificates(
        authority: """
            -----BEGIN CERTIFICATE-----
            MIIBZTCCAQqgAwIBAgICEAMwCgYIKoZIzj0EAwIwGDEWMBQGA1UEAwwNYXV0aG9y
            aXR5IHR3bzAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAwMFowGDEWMBQG
            A1UEAwwNYXV0aG9yaXR5IHR3bzBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABPnW
            9KKI/9B+uh8OvEaQ5WcdHM2ldbEtMUcS4N2VxAr0j3TBukdp6gSHUalDsd1AFCI0
            Xs0zpSE0cA7nOD8bf5GjQjBAMA8GA1UdEwEB/wQFMAMBAf8wDgYDVR0PAQH/BAQD
            AgEGMB0GA1UdDgQWBBS9mXhNhvfFO2k2F1P3Hl9Fdi7u1TAKBggqhkjOPQQDAgNJ
            ADBGAiEAshLoJnGpwy6BTqPcxvn1oKcLo0nVhCV4n1ivCWXPaPICIQDlVEj6oQpx
            o3Y/GRhoiQhw78i2Pr+tkegFZUe7hrItMQ==
            -----END CERTIFICATE-----
            """,
        certificate: """
            -----BEGIN CERTIFICATE-----
            MIIBjzCCATWgAwIBAgICEAQwCgYIKoZIzj0EAwIwGDEWMBQGA1UEAwwNYXV0aG9y
            aXR5IHR3bzAgFw0yMDAxMDEwMDAwMDBaGA8yMTIwMDEwMTAwMDAwMFowFjEUMBIG
            A1UEAwwLbm9kZSBvZiB0d28wWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQUlDFn
            P/VXPPxbnEdARhjeWLnmLDPBUdAzSCbzEJmzdo82TVX9WQu89nJL8HZQRD0+Qycp
            o9wmkFPR7Zth/wgBo28wbTAMBgNVHRMBAf8EAjAAMB0GA1UdJQQWMBQGCCsGAQUF
            BwMBBggrBgEFBQcDAjAdBgNVHQ4EFgQUGYAaQKNE//rq9jhEotH8b4A8vsYwHwYD
            VR0jBBgwFoAUvZl4TYb3xTtpNhdT9x5fRXYu7tUwCgYIKoZIzj0EAwIDSAAwRQIg
            OdnmRuSE1Locg9E8SlUg8p03mb/5N2EVH91tiTLOPXoCIQDrac7mr6NnbSLcrkoK
            ShD/fWWqGrj08o9Q0bJaV8ck/Q==
            -----END CERTIFICATE-----
            """,
        key: """
            -----BEGIN PRIVATE KEY-----
            MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgrOOTbipBIEhx82V4
            ZjHZgbMNK+YnF0WMHFFKPcc0dnqhRANCAAQUlDFnP/VXPPxbnEdARhjeWLnmLDPB
            UdAzSCbzEJmzdo82TVX9WQu89nJL8HZQRD0+Qycpo9wmkFPR7Zth/wgB
            -----END PRIVATE KEY-----
            """)
}
