internal import Foundation
import NIOConcurrencyHelpers
package import QuizModel
import QuizSocial
internal import QuizWire

/// The newest lines of each room in a Redis list, so that a join does not ask PostgreSQL.
///
/// A list is either complete or not there. It is made only by `fill`, from what the store said; `push` extends a list
/// that is there, and where there is none it leaves a short-lived mark that keeps a `fill` under way from hiding the
/// new line. A list that may have missed a line of this node, because Redis did not answer, is deleted before it is
/// used again.
package final class RedisRecentChat: RecentChat {
    /// A list nobody writes to is forgotten after this long.
    static let expiryMs = 3_600_000
    /// Longer than any reader takes between reading the store and `fill`.
    static let missedMs = 5_000
    /// Rooms remembered for deletion; beyond, one of them is forgotten, and its list may lack a line until it expires.
    static let doubtfulMax = 2 * Limits.roomsPerNodeMax
    /// How long anybody waits for Redis, by default; a join asks the store then.
    package static let patience = Duration.milliseconds(50)

    private let client: RedisClient
    private let keys: RedisKey.Space
    private let patience: Duration
    /// Rooms whose list may lack a line.
    private let doubtful = NIOLockedValueBox<Set<RoomID>>([])

    package init(
        client: RedisClient, keys: RedisKey.Space = .init(), patience: Duration = RedisRecentChat.patience
    ) {
        self.patience = patience
        self.client = client
        self.keys = keys
    }

    package func push(_ lines: [RoomID: [ChatMessagePayload]]) async {
        let reliable = await reliable(Array(lines.keys))
        var rooms: [RoomID] = []
        var calls: [(keys: [String], arguments: [String])] = []
        for (room, lines) in lines {
            let texts = lines.suffix(Limits.chatLinesOnJoin).map(Self.encode)
            guard !texts.contains(nil), reliable.contains(room) else {
                doubt(room)
                continue
            }
            rooms.append(room)
            calls.append((names(room), Self.pushSettings + texts.compactMap { $0 }))
        }
        let answers = await client.evaluate(.chatPush, calls: calls, patience: patience)
        for (room, answer) in zip(rooms, answers) {
            if case .failure = answer { doubt(room) }
        }
    }

    private static let pushSettings = [String(Limits.chatLinesOnJoin), String(expiryMs), String(missedMs)]

    package func recent(room: RoomID) async -> [ChatMessagePayload]? {
        guard await isReliable(room) else { return nil }
        // Every failure means the same to the caller: ask the store.
        let reply = try? await client.command(
            ["LRANGE", keys.recentChat(room).text, "0", "-1"], patience: patience)
        guard let elements = reply?.elements, !elements.isEmpty else { return nil }
        var lines: [ChatMessagePayload] = []
        var seen: Set<ChatMessageID> = []
        for element in elements {
            guard case .string(let bytes) = element else { return nil }
            if bytes.isEmpty { continue }
            // A line written by another version that this one cannot read: the store knows better.
            guard let line = try? JSONDecoder().decode(ChatMessagePayload.self, from: Data(bytes)) else { return nil }
            if let id = line.id, !seen.insert(id).inserted { continue }
            lines.append(line)
        }
        return lines
    }

    package func fill(room: RoomID, with lines: [ChatMessagePayload]) async {
        let texts = lines.suffix(Limits.chatLinesOnJoin).map(Self.encode)
        guard !texts.contains(nil), await isReliable(room) else { return }
        // A list that could not be filled is asked of the store again; nothing is lost.
        _ = try? await client.evaluate(
            .chatFill, keys: names(room),
            arguments: [String(Limits.chatLinesOnJoin), String(Self.expiryMs)] + texts.compactMap { $0 },
            patience: patience)
    }

    private func isReliable(_ room: RoomID) async -> Bool { await reliable([room]).contains(room) }

    /// Those of the rooms whose list, if there is one, lacks nothing of this node; none while Redis is away. Doubtful lists are deleted first, all in
    /// one go.
    private func reliable(_ rooms: [RoomID]) async -> Set<RoomID> {
        guard client.isConnected else { return [] }
        let doubted = doubtful.withLockedValue { doubtful in rooms.filter(doubtful.contains) }
        var reliable = Set(rooms)
        guard !doubted.isEmpty else { return reliable }
        let answers = await client.all(
            doubted.map { ["DEL", keys.recentChat($0).text] }, patience: patience)
        for (room, answer) in zip(doubted, answers) {
            if case .success = answer {
                doubtful.withLockedValue { _ = $0.remove(room) }
            } else {
                // Not deleted: it stays doubtful.
                reliable.remove(room)
            }
        }
        return reliable
    }

    private func doubt(_ room: RoomID) {
        doubtful.withLockedValue { rooms in
            if rooms.count >= Self.doubtfulMax { rooms.removeFirst() }
            rooms.insert(room)
        }
    }

    private func names(_ room: RoomID) -> [String] { [keys.recentChat(room).text, keys.chatMissed(room).text] }

    private static func encode(_ message: ChatMessagePayload) -> String? {
        // Strings and integers always encode.
        (try? WireJSON.bytes(message)).map { String(decoding: $0, as: UTF8.self) }
    }
}
