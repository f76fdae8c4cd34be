import Foundation
import NIOConcurrencyHelpers
import NIOCore
import QuizHTTP
import QuizModel
import QuizRoomHost
import QuizShards
import Testing

struct StoredGameArchiveTests {
    private let store = ResultStore()
    private let time = NIOLockedValueBox(NIODeadline.now())

    private var archive: StoredGameArchive {
        StoredGameArchive(store: store, now: { [time] in time.withLockedValue { $0 } })
    }

    @Test func theResultIsForThoseWhoPlayed() async throws {
        let archive = archive
        let game = store.add(players: [1, 2])
        let found = try #require(try await archive.result(of: game, for: PlayerID(value: 2)))
        #expect(found.response.game == game)
        #expect(found.response.entries.map(\.player) == [PlayerID(value: 1), PlayerID(value: 2)])
        let sent = try JSONDecoder().decode(GameResultResponse.self, from: Data(found.json.readableBytesView))
        #expect(sent == found.response)
        // Also while it is at hand.
        #expect(try await archive.result(of: game, for: PlayerID(value: 3)) == nil)
        #expect(try await archive.result(of: .random(), for: PlayerID(value: 1)) == nil)
    }

    @Test func theStoreIsAskedOnceInAMinute() async throws {
        let archive = archive
        let game = store.add(players: [1, 2])
        for player in [1, 2, 3, 1] { _ = try await archive.result(of: game, for: PlayerID(value: UInt128(player))) }
        #expect(store.reads == 1)
        time.withLockedValue { $0 = $0 + .minutes(1) }
        _ = try await archive.result(of: game, for: PlayerID(value: 1))
        #expect(store.reads == 2)
    }

    @Test func whatIsNotThereIsLookedForAgain() async throws {
        let archive = archive
        let game = GameID.random()
        #expect(try await archive.result(of: game, for: PlayerID(value: 1)) == nil)
        store.add(game, players: [1])
        #expect(try await archive.result(of: game, for: PlayerID(value: 1)) != nil)
    }

    @Test func notAllAreKept() async throws {
        let archive = archive
        let games = (0..<257).map { _ in store.add(players: [1]) }
        for game in games { _ = try await archive.result(of: game, for: PlayerID(value: 1)) }
        _ = try await archive.result(of: games[256], for: PlayerID(value: 1))
        #expect(store.reads == 257)
        _ = try await archive.result(of: games[0], for: PlayerID(value: 1))
        #expect(store.reads == 258)
    }
}

/// Results, and how often they were read.
private final class ResultStore: RoomStore {
    private let state = NIOLockedValueBox((results: [GameID: StoredResult](), reads: 0))

    var reads: Int { state.withLockedValue(\.reads) }

    @discardableResult
    func add(_ game: GameID = .random(), players: [UInt128]) -> GameID {
        let entries = players.enumerated().map { position, player in
            LeaderboardEntry(
                player: PlayerID(value: player), nickname: Nickname("P\(player)")!, rank: position + 1,
                previousRank: nil,
                score: 0, accuracyPoints: 0, speedPoints: 0, streak: 0, right: 0)
        }
        let result = StoredResult(
            game: game, room: .random(), title: "Capitals", finishedAtMs: 1,
            head: JournalHead(number: 9, chain: [1, 255]),
            entries: entries, resultBytes: [], signature: [7], keyID: "00")
        state.withLockedValue { $0.results[game] = result }
        return game
    }

    func result(of game: GameID) async throws(JournalFailure) -> StoredResult? {
        state.withLockedValue { state in
            state.reads += 1
            return state.results[game]
        }
    }

    func create(_ record: RoomRecord, term: Term) async throws(JournalFailure) -> RoomCreation { .termOver }
    func load(shards: [ShardID]) async throws(JournalFailure) -> [StoredRoom] { [] }
    func take(_ shards: [ShardID], owner: Incarnation) async throws(JournalFailure) -> [Term] { [] }
    func history(of player: PlayerID, beforeMs: Int64?, limit: Int) async throws(JournalFailure) -> [GameSummary] { [] }
    func journal(
        of room: RoomID, through number: Int64
    ) async throws(JournalFailure) -> (record: RoomRecord, rows: [JournalRow])? { nil }
}
