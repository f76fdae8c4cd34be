import Testing

@testable import QuizRedis

@Suite struct RedisSlotTests {
    /// Of the specification and the command's documentation.
    @Test(arguments: [
        ("foo", 12_182), ("somekey", 11_058), ("foo{hash_tag}", 2_515), ("bar{hash_tag}", 2_515), ("hash_tag", 2_515),
        ("123456789", 0x31C3), ("", 0),
    ])
    func `a key lies where the specification says`(key: String, slot: Int) {
        #expect(RedisSlot(of: key).index == slot)
    }

    @Test func `the checksum is the published one`() {
        #expect(RedisSlot.crc16(Array("123456789".utf8)) == 0x31C3)
        #expect(RedisSlot.crc16([]) == 0)
    }

    /// Examples of the specification.
    @Test(arguments: [
        ("{user1000}.following", "user1000"), ("foo{bar}{zap}", "bar"), ("foo{{bar}}zap", "{bar"), ("{a}", "a"),
        ("}{a}", "a"),
    ])
    func `only the first part in braces counts`(key: String, counted: String) {
        #expect(RedisSlot(of: key) == RedisSlot(of: counted))
    }

    @Test(arguments: ["foo{}{bar}", "{", "a{b", "}a{", "{}"])
    func `an empty or open part counts as nothing`(key: String) {
        #expect(RedisSlot(of: key).index == Int(RedisSlot.crc16(Array(key.utf8))) % RedisSlot.count)
    }

    @Test func `keys of a command are found, and have to lie together`() throws {
        func slot(_ arguments: String...) throws -> RedisSlot? { try RedisCommandKeys.slot(of: arguments) }
        #expect(try slot("PING") == nil)
        #expect(try slot("client", "SETNAME", "x") == nil)
        #expect(try slot() == nil)
        #expect(try slot("GET", "foo")?.index == 12_182)
        #expect(try slot("HMGET", "foo", "a", "b")?.index == 12_182)
        #expect(try slot("EVALSHA", "d", "1", "foo", "a")?.index == 12_182)
        #expect(try slot("EVAL", "text", "0", "foo") == nil)
        #expect(try slot("EVAL", "text") == nil)
        #expect(try slot("DEL", "{foo}a", "{foo}b")?.index == 12_182)
        #expect(throws: RedisFailure.self) { try slot("DEL", "a", "b") }
        #expect(throws: RedisFailure.self) { try slot("EVAL", "text", "2", "a", "b") }
    }
}

@Suite struct RedisComplaintTests {
    private let server = RedisAddress(host: "here", port: 1)

    @Test func `what a server did not do is told from what it refused`() throws {
        func read(_ text: String) -> RedisComplaint? { RedisComplaint(text, from: server) }
        let slot = try #require(RedisSlot(index: 3_999))
        #expect(read("MOVED 3999 127.0.0.1:6381") == .moved(slot, RedisAddress(host: "127.0.0.1", port: 6_381)))
        #expect(read("MOVED 3999 ::1:6381") == .moved(slot, RedisAddress(host: "::1", port: 6_381)))
        #expect(read("MOVED 3999 :6381") == .moved(slot, RedisAddress(host: "here", port: 6_381)))
        #expect(read("ASK 3999 host:6381") == .ask(RedisAddress(host: "host", port: 6_381)))
        #expect(read("TRYAGAIN Multiple keys request during rehashing of slot") == .tryAgain)
        #expect(read("CLUSTERDOWN Hash slot not served") == .clusterDown)
        #expect(read("MASTERDOWN Link with MASTER is down") == .masterDown)
        #expect(read("READONLY You can't write against a read only replica.") == .readOnly)
        #expect(read("LOADING Redis is loading the dataset in memory") == .loading)
        for other in [
            "", "ERR x", "MOVED", "MOVED x h:1", "MOVED 16384 h:1", "MOVED 1 h", "MOVED 1 h:0", "ASK 1", "MOVEDX 1 h:1",
            "NOSCRIPT No matching script.",
        ] {
            #expect(read(other) == nil)
        }
    }
}

@Suite struct RedisSlotMapTests {
    private let server = RedisAddress(host: "here", port: 1)

    private func text(_ text: String) -> RedisReply { .string(Array(text.utf8)) }

    private func range(_ first: Int64, _ last: Int64, _ host: RedisReply, _ port: Int64) -> RedisReply {
        let master = RedisReply.array([host, .integer(port), text("id"), .array([])])
        let replica = RedisReply.array([text("replica"), .integer(9), text("id2"), .array([])])
        return .array([.integer(first), .integer(last), master, replica])
    }

    @Test func `a map is read, replicas left out`() throws {
        let reply = RedisReply.array([
            range(0, 5_460, text("a"), 1), range(5_461, 5_461, text("b"), 2), range(5_462, 16_000, text("a"), 1),
            range(16_001, 16_001, .null, 3), range(16_002, 16_002, text(""), 3), range(16_003, 16_003, text("?"), 3),
        ])
        let map = try #require(RedisSlotMap(reply, from: server))
        let (a, b) = (RedisAddress(host: "a", port: 1), RedisAddress(host: "b", port: 2))
        let itself = RedisAddress(host: "here", port: 3)
        #expect(map.masters == [a, b, itself])
        func owner(_ index: Int) throws -> RedisAddress? { map[try #require(RedisSlot(index: index))] }
        #expect(try owner(0) == a)
        #expect(try owner(5_461) == b)
        #expect(try owner(5_462) == a)
        for slot in 16_001...16_003 { #expect(try owner(slot) == itself) }
        #expect(try owner(16_004) == nil)
    }

    @Test func `what is no map is refused`() {
        let wrong: [RedisReply] = [
            .null, .array([]), .integer(1), .array([.integer(1)]), .array([range(5, 4, text("a"), 1)]),
            .array([range(0, 16_384, text("a"), 1)]), .array([range(-1, 1, text("a"), 1)]),
            .array([range(0, 1, text("a"), 0)]), .array([.array([.integer(0), .integer(1)])]),
            .array((0...256).map { range($0, $0, text("h\($0)"), 1) }),
        ]
        for reply in wrong { #expect(RedisSlotMap(reply, from: server) == nil) }
    }

    @Test func `a sentinel's answers are read together`() {
        let fields = ["name", "m", "ip", "10.0.0.1", "port", "1", "config-epoch", "7", "quorum", "2"]
        let master = RedisReply.array(fields.map(text))
        let place = RedisReply.array([text("10.0.0.2"), text("6379")])
        #expect(
            SentinelReport([master, place])
                == SentinelReport(epoch: 7, master: RedisAddress(host: "10.0.0.2", port: 6_379)))
        #expect(SentinelReport([master, .null]) == nil)
        #expect(SentinelReport([.array([]), place]) == nil)
        #expect(SentinelReport([master]) == nil)
        #expect(SentinelReport([master, .array([text("h"), text("0")])]) == nil)
    }
}
