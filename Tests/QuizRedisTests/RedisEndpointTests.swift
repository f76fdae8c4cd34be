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

    @Test(arguments: [
        "", "h:6379", "http://h", "redis://", "redis://h:0", "redis://h:70000", "redis://h/x", "redis://h/-1",
        "redis://h?x=1",
    ])
    func `anything else is refused`(text: String) {
        #expect(RedisEndpoint(text) == nil)
    }

    @Test func `the password is not in the description`() {
        #expect(RedisEndpoint("redis://user:hunter2@h:1/2")?.description == "redis://h:1/2")
    }

    @Test func `a connection signs in, selects and names itself before it proves itself`() {
        #expect(RedisEndpoint(host: "h").prelude(clientName: "n") == [["CLIENT", "SETNAME", "n"], ["PING"]])
        #expect(
            RedisEndpoint(host: "h", user: "u", password: "p", database: 2).prelude(clientName: "n")
                == [["AUTH", "u", "p"], ["SELECT", "2"], ["CLIENT", "SETNAME", "n"], ["PING"]])
    }

    @Test func `keys of one script share a hash tag`() {
        let keys = RedisKey.Space(prefix: "a{b}c")
        #expect(keys.prefix == "abc")
        #expect(keys.rateLimit(door: "guest", key: "::1{x}").text == "abc:{guest:::1_x_}:limit")
        #expect(keys.rateLimit(door: "guest", key: String(repeating: "x", count: 1_000)).text.utf8.count < 200)
    }
}
