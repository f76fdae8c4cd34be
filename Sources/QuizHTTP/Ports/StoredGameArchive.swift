internal import Foundation
package import QuizModel
package import QuizRoomHost

/// The `GameArchive` that reads from the store of the rooms.
package struct StoredGameArchive: GameArchive {
    private let store: any RoomStore

    package init(store: any RoomStore) { self.store = store }

    package func history(
        of player: PlayerID, beforeMs: Int64?, limit: Int
    ) async throws(Rejection) -> [GameSummary] {
        do {
            return try await store.history(of: player, beforeMs: beforeMs, limit: limit)
        } catch {
            throw Rejection(.unavailable, message: Self.isAway)
        }
    }

    package func result(of game: GameID, for player: PlayerID) async throws(Rejection) -> GameResultResponse? {
        do {
            guard try await store.played(player, in: game), let stored = try await store.result(of: game) else {
                return nil
            }
            return GameResultResponse(
                game: stored.game, title: stored.title, finishedAtMs: stored.finishedAtMs, entries: stored.entries,
                inputs: Int(stored.head.number), chain: stored.head.chain.hexadecimal,
                signature: Data(stored.signature).base64EncodedString(), key: stored.keyID)
        } catch {
            throw Rejection(.unavailable, message: Self.isAway)
        }
    }

    private static let isAway = "Results cannot be read at this moment. Try again."
}

extension [UInt8] {
    fileprivate var hexadecimal: String {
        map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }
}
