import QuizModel
import QuizSocial
import QuizTelemetry
import Testing

@testable import QuizRedis

@Suite(.timeLimit(.minutes(2))) struct RecentChatTests {
    private func line(_ text: String, id: ChatMessageID? = .random()) throws -> ChatMessagePayload {
        ChatMessagePayload(
            id: id, client: try #require(ClientID("c-\(UInt64.random(in: 0 ... .max))")), player: .random(),
            nickname: try #require(Nickname("Ada")), text: try #require(ChatText(text)), sentAtMs: 1_700_000_000_000)
    }

    @Test func `a room that was never filled is not known, even after a push`() async throws {
        let fixture = try await RedisFixture.shared()
        let chat = RedisRecentChat(client: fixture.client, keys: fixture.keys, patience: .seconds(20))
        let room = RoomID.random()
        #expect(await chat.recent(room: room) == nil)
        let hello = try line("hello")
        await chat.push([room: [hello]])
        #expect(await chat.recent(room: room) == nil)
        await fixture.client.close()
    }

    @Test func `an empty room is known to be empty`() async throws {
        let fixture = try await RedisFixture.shared()
        let chat = RedisRecentChat(client: fixture.client, keys: fixture.keys, patience: .seconds(20))
        let room = RoomID.random()
        await chat.fill(room: room, with: [])
        #expect(await chat.recent(room: room) == [])
        let hello = try line("hello \" \\ / \n 👋")
        await chat.push([room: [hello]])
        #expect(await chat.recent(room: room) == [hello])
        await fixture.client.close()
    }

    @Test func `the newest lines are kept, oldest first, and expire`() async throws {
        let fixture = try await RedisFixture.shared()
        let chat = RedisRecentChat(client: fixture.client, keys: fixture.keys, patience: .seconds(20))
        let room = RoomID.random()
        let lines = try (0..<Limits.chatLinesOnJoin + 20).map { try line("line \($0)") }
        await chat.fill(room: room, with: Array(lines.prefix(60)))
        #expect(await chat.recent(room: room) == Array(lines.prefix(60).suffix(Limits.chatLinesOnJoin)))
        await chat.push([room: [lines[60]]])
        await chat.push([room: Array(lines.dropFirst(61))])
        #expect(await chat.recent(room: room) == Array(lines.suffix(Limits.chatLinesOnJoin)))
        let ttl = try await fixture.client.command(["PTTL", fixture.keys.recentChat(room).text])
        #expect((1...RedisRecentChat.expiryMs).contains(Int(try #require(ttl.integer))))
        await fixture.client.close()
    }

    @Test func `lines of many rooms at once, some of them without a list, some doubtful`() async throws {
        let server = try TestRedis()
        let fixture = try await RedisFixture(server)
        let chat = RedisRecentChat(client: fixture.client, keys: fixture.keys, patience: .seconds(20))
        let hasty = RedisRecentChat(client: fixture.client, keys: fixture.keys, patience: .milliseconds(500))
        let rooms = (0..<20).map { _ in RoomID.random() }
        for room in rooms[..<15] { await chat.fill(room: room, with: []) }
        let lines = try rooms.map { [$0: [try line("a \($0)"), try line("b \($0)")]] }
            .reduce(into: [:]) { all, one in all.merge(one) { first, _ in first } }
        await chat.push(lines)
        for room in rooms[..<15] { #expect(await chat.recent(room: room) == lines[room]) }
        for room in rooms[15...] { #expect(await chat.recent(room: room) == nil) }
        // What does not arrive makes every list doubtful, each for itself.
        server.freeze()
        await hasty.push(lines.filter { rooms[..<10].contains($0.key) })
        server.thaw()
        try await fixture.reconnected()
        await hasty.push(lines)
        for room in rooms[..<10] {
            // Deleted before it was written to again, unless that missed its patience too.
            while await chat.recent(room: room) != nil { await hasty.push(lines) }
        }
        for room in rooms[10..<15] { #expect(await chat.recent(room: room) == lines[room]) }
        await fixture.client.close()
    }

    /// Each doubtful list is deleted before it is written to; one after the other, twenty would take twenty patiences.
    @Test func `a batch of doubtful rooms waits for Redis together`() async throws {
        let server = try TestRedis()
        let fixture = try await RedisFixture(server)
        let chat = RedisRecentChat(client: fixture.client, keys: fixture.keys, patience: .milliseconds(100))
        let lines = try (0..<20).map { _ in try line("a") }.reduce(into: [RoomID: [ChatMessagePayload]]()) {
            $0[.random()] = [$1]
        }
        server.freeze()
        await chat.push(lines)
        let before = fixture.metrics.counters(.redisErrorsTotal, by: RedisFailure.Code.self)[.timedOut].value
        // All twenty give up at the same look at the clock, before the connection is given up.
        await chat.push(lines)
        let after = fixture.metrics.counters(.redisErrorsTotal, by: RedisFailure.Code.self)
        #expect(after[.timedOut].value == before + 20)
        server.thaw()
        await fixture.client.close()
    }

    @Test func `a fill that raced with a push does not hide the new line`() async throws {
        let fixture = try await RedisFixture.shared()
        let chat = RedisRecentChat(client: fixture.client, keys: fixture.keys, patience: .seconds(20))
        let room = RoomID.random()
        let fromTheStore = [try line("old")]
        // Between the reader's look at the store and its fill:
        let new = try line("new")
        await chat.push([room: [new]])
        await chat.fill(room: room, with: fromTheStore)
        #expect(await chat.recent(room: room) == nil)
        await fixture.client.close()
    }

    @Test func `a second fill changes nothing and a line pushed twice is shown once`() async throws {
        let fixture = try await RedisFixture.shared()
        let chat = RedisRecentChat(client: fixture.client, keys: fixture.keys, patience: .seconds(20))
        let room = RoomID.random()
        let (first, second) = (try line("first"), try line("second"))
        await chat.fill(room: room, with: [first])
        await chat.push([room: [second]])
        await chat.push([room: [second]])
        await chat.fill(room: room, with: [first])
        #expect(await chat.recent(room: room) == [first, second])
        await fixture.client.close()
    }

    @Test func `lines that cannot be read are left to the store`() async throws {
        let fixture = try await RedisFixture.shared()
        let chat = RedisRecentChat(client: fixture.client, keys: fixture.keys, patience: .seconds(20))
        let room = RoomID.random()
        await chat.fill(room: room, with: [])
        _ = try await fixture.client.command(["RPUSH", fixture.keys.recentChat(room).text, "{\"v\":2}"])
        #expect(await chat.recent(room: room) == nil)
        await fixture.client.close()
    }

    @Test func `an emptied or absent Redis knows nothing`() async throws {
        let server = try TestRedis()
        let fixture = try await RedisFixture(server)
        let chat = RedisRecentChat(client: fixture.client, keys: fixture.keys, patience: .seconds(20))
        let room = RoomID.random()
        await chat.fill(room: room, with: [try line("a")])
        _ = try await fixture.client.command(["FLUSHALL"])
        #expect(await chat.recent(room: room) == nil)
        await chat.fill(room: room, with: [try line("a")])
        #expect(await chat.recent(room: room)?.count == 1)
        server.stop()
        await fixture.lost()
        #expect(await chat.recent(room: room) == nil)
        let b = try line("b")
        await chat.push([room: [b]])
        await chat.fill(room: room, with: [])
        await fixture.client.close()
    }

    @Test func `a list that may lack a line is not used again`() async throws {
        let server = try TestRedis()
        let (fixture, other) = (try await RedisFixture(server), try await RedisFixture(server))
        let chat = RedisRecentChat(client: fixture.client, keys: fixture.keys, patience: .milliseconds(100))
        let room = RoomID.random()
        await chat.fill(room: room, with: [try line("a")])
        // Redis keeps the list but this node's line does not arrive.
        server.freeze()
        let b = try line("b")
        await chat.push([room: [b]])
        server.thaw()
        try await fixture.reconnected()
        let patient = RedisRecentChat(client: other.client, keys: fixture.keys, patience: .seconds(20))
        while await chat.recent(room: room) != nil {}
        // Deleted for everybody, unless this node has missed its patience once more.
        while await patient.recent(room: room) != nil { _ = await chat.recent(room: room) }
        await patient.fill(room: room, with: [])
        #expect(await patient.recent(room: room) == [])
        await fixture.client.close()
        await other.client.close()
    }
}
