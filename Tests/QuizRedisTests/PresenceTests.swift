import QuizModel
import QuizSocial
import Testing

@testable import QuizRedis

@Suite(.timeLimit(.minutes(2))) struct PresenceTests {
    @Test func `a player is where the last node saw them`() async throws {
        let fixture = try await RedisFixture.shared()
        let (first, second) = (Incarnation.random(), Incarnation.random())
        let here = RedisPresence(client: fixture.client, keys: fixture.keys, incarnation: first, node: "n1|x")
        let there = RedisPresence(client: fixture.client, keys: fixture.keys, incarnation: second, node: "n2")
        let player = PlayerID.random()
        #expect(await here.place(of: player) == nil)
        let room = try #require(RoomCode("ABCDEFG"))
        await here.connected(player: player, room: room)
        #expect(await there.place(of: player) == .init(incarnation: first, node: "n1x", room: room))
        await there.connected(player: player, room: nil)
        #expect(await here.place(of: player) == .init(incarnation: second, node: "n2", room: nil))
        // The first node's connection closes late: the player is still at the second.
        await here.disconnected(player: player)
        #expect(await here.place(of: player)?.node == "n2")
        await there.disconnected(player: player)
        #expect(await here.place(of: player) == nil)
        await fixture.client.close()
    }

    @Test func `many players are told of at once`() async throws {
        let fixture = try await RedisFixture.shared()
        let incarnation = Incarnation.random()
        let presence = RedisPresence(client: fixture.client, keys: fixture.keys, incarnation: incarnation, node: "n")
        let room = try #require(RoomCode("ABCDEFG"))
        let players = (0..<300).map { PlayerPresence(player: .random(), room: $0 % 3 == 0 ? nil : room) }
        await presence.connected(players)
        for one in players {
            #expect(
                await presence.place(of: one.player) == .init(incarnation: incarnation, node: "n", room: one.room))
        }
        await presence.connected([])
        await fixture.client.close()
    }

    @Test func `a presence nobody repeats expires`() async throws {
        let fixture = try await RedisFixture.shared()
        let presence = RedisPresence(client: fixture.client, keys: fixture.keys, incarnation: .random(), node: "n")
        let player = PlayerID.random()
        await presence.connected(player: player, room: nil)
        let ttl = try await fixture.client.command(["PTTL", fixture.keys.presence(player).text])
        #expect((1...RedisPresence.ttlMs).contains(Int(try #require(ttl.integer))))
        await fixture.client.close()
    }

    @Test func `without Redis nobody waits for ever and nobody fails`() async throws {
        let server = try TestRedis()
        let fixture = try await RedisFixture(server)
        let presence = RedisPresence(client: fixture.client, keys: fixture.keys, incarnation: .random(), node: "n")
        server.stop()
        await fixture.lost()
        await presence.connected(player: .random(), room: nil)
        await presence.disconnected(player: .random())
        #expect(await presence.place(of: .random()) == nil)
        await fixture.client.close()
    }
}
