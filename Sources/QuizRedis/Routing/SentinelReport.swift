/// What a sentinel says about the master it watches.
struct SentinelReport: Sendable, Hashable {
    /// Goes up with every failover; sentinels that missed one have a lower one.
    var epoch: Int64
    var master: RedisAddress

    init(epoch: Int64, master: RedisAddress) {
        self.epoch = epoch
        self.master = master
    }

    /// What to ask a sentinel, in this order: a failover between the two then shows the new address with the old epoch,
    /// which the next look puts right, and never the old address with the new epoch.
    static func questions(about master: String) -> [[String]] {
        [["SENTINEL", "MASTER", master], ["SENTINEL", "GET-MASTER-ADDR-BY-NAME", master]]
    }

    /// Reads the answers to `questions`.
    ///
    /// - Returns: nil when the sentinel does not know the master.
    init?(_ answers: [RedisReply]) {
        guard answers.count == 2, let fields = answers[0].elements, let place = answers[1].elements, place.count == 2,
            let host = place[0].text, !host.isEmpty, let port = place[1].text.flatMap({ Int($0) }),
            (1...65_535).contains(port)
        else { return nil }
        let found = stride(from: 0, to: fields.count - 1, by: 2).first { fields[$0].text == "config-epoch" }
            .flatMap { fields[$0 + 1].text }.flatMap { Int64($0) }
        guard let found else { return nil }
        self.init(epoch: found, master: RedisAddress(host: host, port: port))
    }
}
