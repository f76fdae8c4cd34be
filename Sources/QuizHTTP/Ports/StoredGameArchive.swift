internal import DequeModule
internal import Foundation
internal import NIOConcurrencyHelpers
package import NIOCore
package import QuizModel
package import QuizRoomHost

/// The `GameArchive` that reads from the store of the rooms.
///
/// A result never changes, and all who played ask for it when the game is over; so those just read are kept for a minute.
package struct StoredGameArchive: GameArchive {
    /// Results kept, at most; of fifty players each about 20 KB.
    static let keptMax = 256
    static let keptFor = TimeAmount.minutes(1)

    private struct Kept {
        var games: [GameID: (game: ArchivedGame, until: NIODeadline)] = [:]
        /// Oldest first.
        var order: Deque<GameID> = []
    }

    private let store: any RoomStore
    private let now: @Sendable () -> NIODeadline
    private let kept = NIOLockedValueBox(Kept())

    package init(store: any RoomStore, now: @escaping @Sendable () -> NIODeadline = { .now() }) {
        self.store = store
        self.now = now
    }

    package func history(
        of player: PlayerID, beforeMs: Int64?, limit: Int
    ) async throws(Rejection) -> [GameSummary] {
        do {
            return try await store.history(of: player, beforeMs: beforeMs, limit: limit)
        } catch {
            throw Rejection(.unavailable, message: Self.isAway)
        }
    }

    package func result(of game: GameID, for player: PlayerID) async throws(Rejection) -> ArchivedGame? {
        guard let found = try await find(game),
            // Whoever took part has a place in the result.
            found.response.entries.contains(where: { $0.player == player })
        else { return nil }
        return found
    }

    private func find(_ game: GameID) async throws(Rejection) -> ArchivedGame? {
        let kept = kept.withLockedValue { $0.games[game] }
        if let kept, now() < kept.until { return kept.game }
        let archived: ArchivedGame
        do {
            guard let stored = try await store.result(of: game) else { return nil }
            archived = try ArchivedGame(
                GameResultResponse(
                    game: stored.game, title: stored.title, finishedAtMs: stored.finishedAtMs, entries: stored.entries,
                    inputs: Int(stored.head.number), chain: stored.head.chain.hexadecimal,
                    signature: Data(stored.signature).base64EncodedString(), key: stored.keyID))
        } catch {
            throw Rejection(.unavailable, message: Self.isAway)
        }
        keep(archived)
        return archived
    }

    private func keep(_ archived: ArchivedGame) {
        let game = archived.response.game
        kept.withLockedValue { kept in
            if kept.games.updateValue((archived, now() + Self.keptFor), forKey: game) == nil { kept.order.append(game) }
            if kept.order.count > Self.keptMax { kept.games[kept.order.removeFirst()] = nil }
        }
    }

    private static let isAway = "Results cannot be read at this moment. Try again."
}

extension [UInt8] {
    fileprivate var hexadecimal: String {
        map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }
}
