internal import QuizWire

extension NodeSettings {
    /// Browsers connect only where the page's policy lets them, so every node's address has to fit what all nodes were told.
    static func addresses(
        nodeURL: String?, patterns texts: [String], publicURL: String
    ) throws(SettingsFault) -> (String?, [OriginPattern]) {
        var patterns: [OriginPattern] = []
        for text in texts {
            guard let pattern = OriginPattern(text) else {
                throw SettingsFault(
                    """
                    `cluster.public.patterns`: \(text) is not like https://*.play.example.org, https://play.example.org:8443 or \
                    http://127.0.0.1:*; it has no path, and behind `*.` stand two names or more.
                    """)
            }
            patterns.append(pattern)
        }
        if !patterns.isEmpty { try check(patterns, publicURL: publicURL) }
        guard let nodeURL else { return (nil, patterns) }
        guard let origin = OriginPattern.origin(nodeURL) else {
            throw SettingsFault(
                "`node.url` is \(nodeURL); it has to be an address like https://node-1.play.example.org, without a path."
            )
        }
        guard patterns.contains(where: { $0.admits(origin) }) else {
            throw SettingsFault(
                """
                `node.url` is \(origin), and nothing in `cluster.public.patterns` fits it: add a pattern that fits every node's \
                address, such as https://*.play.example.org, on all nodes.
                """)
        }
        return (origin, patterns)
    }

    private static func check(_ patterns: [OriginPattern], publicURL: String) throws(SettingsFault) {
        guard let page = OriginPattern(publicURL) else {
            throw SettingsFault(
                "`public.url` is \(publicURL); with `cluster.public.patterns` it has to be an address without a path.")
        }
        for pattern in patterns {
            guard pattern.site == page.site else {
                throw SettingsFault(
                    """
                    `cluster.public.patterns`: \(pattern) and `public.url`, which is \(page), are not under one domain: give the nodes \
                    addresses under \(page.site).
                    """)
            }
            guard pattern.scheme == "https" || page.scheme == "http" else {
                throw SettingsFault(
                    "`cluster.public.patterns`: \(pattern) has to begin with https://, as `public.url` does; browsers mix nothing."
                )
            }
        }
    }
}
