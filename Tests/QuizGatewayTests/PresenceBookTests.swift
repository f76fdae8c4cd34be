import QuizModel
import QuizTestKit
import Testing

@testable import QuizGateway

@Suite struct PresenceBookTests {
    @Test func `everybody is told of again, and nobody who has left`() async throws {
        let directory = InMemoryPresenceDirectory()
        let book = PresenceBook(directory: directory)
        let room = try #require(RoomCode("ABCDEFG"))
        // More than two batches, the last one not full.
        let players = (0..<503).map { _ in PlayerID.random() }
        for (number, player) in players.enumerated() {
            book.arrived(player)
            if number % 2 == 0 { book.moved(player, to: room) }
            await book.announce(player)
        }
        book.arrived(players[7])
        #expect(!book.left(players[7]))
        #expect(book.left(players[8]))
        await book.announce(players[8])
        let before = directory.connected
        #expect(before.count == 502)
        directory.forget()
        await book.repeatAll()
        #expect(directory.connected == before)
        #expect(directory.connected[players[0]] == .some(room))
        #expect(directory.connected[players[1]] == .some(nil))
    }

    @Test func `nobody is nobody`() async {
        let directory = InMemoryPresenceDirectory()
        await PresenceBook(directory: directory).repeatAll()
        #expect(directory.connected.isEmpty)
    }
}
