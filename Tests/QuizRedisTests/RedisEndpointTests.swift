import Testing

@testable import QuizRedis

@Suite struct RedisEndpointTests {
    @Test func `an address is read with its parts`() {
        #expect(RedisEndpoint("redis://h") == RedisEndpoint(host: "h"))
        #expect(
            RedisEndpoint("rediss://u:p%40w@h:1234/3")
                == RedisEndpoint(host: "h", port: 1234, tls: true, user: "u", password: "p@w", database: 3))
        #expect(
            RedisEndpoint("redis://:secret@[::1]:7000/") == RedisEndpoint(host: "::1", port: 7000, password: "secret"))
    }

    @Test func `sentinels are named together with what they watch`() {
        var sentinels = RedisEndpoint(
            .sentinel(master: "my master"),
            addresses: [RedisAddress(host: "a", port: 1), RedisAddress(host: "::1", port: 26_379)], password: "p,w",
            database: 2)
        #expect(RedisEndpoint("redis+sentinel://:p%2Cw@a:1,[::1]/my%20master/2") == sentinels)
        #expect(sentinels.description == "redis+sentinel://a:1,[::1]:26379/my master/2")
        sentinels.tls = true
        #expect(RedisEndpoint("rediss+sentinel://:p%2Cw@a:1,[::1]:26379/my%20master/2/") == sentinels)
    }

    @Test func `a cluster is named by some of its nodes`() {
        let cluster = RedisEndpoint(
            .cluster, addresses: [RedisAddress(host: "a", port: 7_000), RedisAddress(host: "b", port: 6_379)],
            user: "u",
            password: "p")
        #expect(RedisEndpoint("redis+cluster://u:p@a:7000,b") == cluster)
        #expect(RedisEndpoint("redis+cluster://u:p@a:7000,b/0") == cluster)
        #expect(cluster.description == "redis+cluster://a:7000,b:6379")
    }

    @Test(arguments: [
        "", "h:6379", "http://h", "redis://", "redis://h:0", "redis://h:70000", "redis://h/x", "redis://h/-1",
        "redis://h?x=1", "redis://a,b", "redis+other://h", "redis+://h", "redis+sentinel://h", "redis+sentinel:///m",
        "redis+sentinel://h/m/1/2", "redis+sentinel://a,,b/m", "redis+cluster://a/1", "redis+cluster://a,",
        "redis://::1",
        "redis+cluster+tls://a", "redis://a@b@c",
    ])
    func `anything else is refused`(text: String) {
        #expect(RedisEndpoint(text) == nil)
    }

    @Test func `no more servers are named than are asked`() {
        let places = (1...33).map { "h\($0)" }
        #expect(RedisEndpoint("redis+cluster://" + places.joined(separator: ",")) == nil)
        #expect(RedisEndpoint("redis+cluster://" + places.dropLast().joined(separator: ","))?.addresses.count == 32)
    }

    @Test func `the password is not in the description`() {
        #expect(RedisEndpoint("redis://user:hunter2@h:1/2")?.description == "redis://h:1/2")
        #expect(RedisEndpoint("redis+cluster://user:hunter2@h:1,g")?.description.contains("hunter2") == false)
    }

    @Test func `a connection signs in, selects and names itself before it proves itself`() {
        func proof(_ endpoint: RedisEndpoint, _ role: RedisServer.Role = .data) -> [[String]] {
            RedisProof(RedisConfiguration(endpoint: endpoint, clientName: "n"), role).commands
        }
        #expect(proof(RedisEndpoint(host: "h")) == [["CLIENT", "SETNAME", "n"], ["PING"]])
        #expect(
            proof(RedisEndpoint(host: "h", user: "u", password: "p", database: 2))
                == [["AUTH", "u", "p"], ["SELECT", "2"], ["CLIENT", "SETNAME", "n"], ["PING"]])
        var sentinels = RedisEndpoint(
            .sentinel(master: "m"), addresses: [RedisAddress(host: "s", port: 1)], user: "u", password: "p")
        #expect(proof(sentinels) == [["AUTH", "u", "p"], ["CLIENT", "SETNAME", "n"], ["ROLE"]])
        #expect(proof(sentinels, .sentinel) == [["PING"]])
        sentinels.sentinelPassword = "s"
        #expect(proof(sentinels, .sentinel) == [["AUTH", "s"], ["PING"]])
    }

    @Test func `who is no master is not used as one`() {
        let sentinels = RedisEndpoint(.sentinel(master: "m"), addresses: [RedisAddress(host: "s", port: 1)])
        let proof = RedisProof(RedisConfiguration(endpoint: sentinels), .data)
        func text(_ text: String) -> RedisReply { .string(Array(text.utf8)) }
        #expect(proof.fault(in: .array([text("master"), .integer(0), .array([])])) == nil)
        #expect(proof.fault(in: .array([text("slave"), text("h"), .integer(1)]))?.contains("slave") == true)
        #expect(proof.fault(in: .null) != nil)
        #expect(RedisProof(RedisConfiguration(endpoint: RedisEndpoint(host: "h")), .data).fault(in: .null) == nil)
    }

    @Test func `keys of one script share a hash tag`() {
        let keys = RedisKey.Space(prefix: "a{b}c")
        #expect(keys.prefix == "abc")
        #expect(keys.rateLimit(door: "guest", key: "::1{x}").text == "abc:{guest:::1_x_}:limit")
        #expect(keys.rateLimit(door: "guest", key: "192.0.2.1").text == "abc:{guest:192.0.2.1}:limit")
        let longest = String(repeating: "x", count: 128)
        for key in [longest, longest + "x", String(repeating: "x", count: 1_000)] {
            #expect(keys.rateLimit(door: "guest", key: key).text == "abc:{guest:\(longest)}:limit")
        }
        #expect(keys.rateLimit(door: "guest", key: String(repeating: "é", count: 129)).text.count == 128 + 18)
    }
}
