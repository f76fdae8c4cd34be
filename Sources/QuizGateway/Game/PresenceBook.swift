internal import NIOConcurrencyHelpers
internal import QuizModel
package import QuizSocial
internal import ServiceLifecycle

/// Who is connected to this node, and says so to the directory again and again: what is written there fades by itself, so
/// that a node that dies leaves nobody behind.
package final class PresenceBook: Service {
    /// Well within the time after which an entry fades.
    private static let repeatEvery = Duration.seconds(10)
    /// Players told of at once.
    private static let batch = 200

    private struct Entry {
        var sessions = 0
        var room: RoomCode?
    }

    private let directory: any PresenceDirectory
    private let entries = NIOLockedValueBox<[PlayerID: Entry]>([:])

    package init(directory: any PresenceDirectory) { self.directory = directory }

    func arrived(_ player: PlayerID) {
        entries.withLockedValue { $0[player, default: Entry()].sessions += 1 }
    }

    /// - Returns: whether that was the player's last connection here.
    func left(_ player: PlayerID) -> Bool {
        entries.withLockedValue { entries in
            guard var entry = entries[player] else { return false }
            entry.sessions -= 1
            entries[player] = entry.sessions > 0 ? entry : nil
            return entry.sessions <= 0
        }
    }

    func moved(_ player: PlayerID, to room: RoomCode?) {
        entries.withLockedValue { $0[player]?.room = room }
    }

    func announce(_ player: PlayerID) async {
        guard let entry = entries.withLockedValue({ $0[player] }) else {
            return await directory.disconnected(player: player)
        }
        await directory.connected(player: player, room: entry.room)
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                try? await Task.sleep(for: Self.repeatEvery)  // ends early only when cancelled
                await self.repeatAll()
            }
        }
    }

    /// Many at a time. (One by one, each with a way to Redis and back of its own: B7's 2,000 rooms of five took 168 ms of a processor a second, and 125 since.)
    func repeatAll() async {
        let players = entries.withLockedValue { Array($0.keys) }
        for start in stride(from: 0, to: players.count, by: Self.batch) where !Task.isCancelled {
            // Whoever has left since is not among them, and who leaves later is told behind them.
            let present = entries.withLockedValue { entries in
                players[start..<min(start + Self.batch, players.count)].compactMap { player in
                    entries[player].map { PlayerPresence(player: player, room: $0.room) }
                }
            }
            if !present.isEmpty { await directory.connected(present) }
        }
    }
}
