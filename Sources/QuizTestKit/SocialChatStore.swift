import NIOConcurrencyHelpers
package import QuizModel
package import QuizSocial

/// `ChatStore` in memory.
package final class InMemoryChatStore: ChatStore {
    private struct Name: Hashable {
        var room: RoomID
        var player: PlayerID
        var client: ClientID
    }

    private struct State {
        var lines: [RoomID: [ChatMessagePayload]] = [:]
        var byName: [Name: ChatMessagePayload] = [:]
        var isAway = false
    }

    private let state = NIOLockedValueBox(State())

    package init() {}

    /// While true every call fails.
    package var isAway: Bool {
        get { state.withLockedValue { $0.isAway } }
        set { state.withLockedValue { $0.isAway = newValue } }
    }

    private static let away = StoreFailure(code: "away", context: "chat")

    package func append(_ line: ChatLine, id: ChatMessageID) async throws(StoreFailure) -> ChatMessagePayload {
        let stored: ChatMessagePayload? = state.withLockedValue { state in
            guard !state.isAway else { return nil }
            let name = Name(room: line.room, player: line.message.player, client: line.message.client)
            if let first = state.byName[name] { return first }
            var message = line.message
            message.id = id
            state.byName[name] = message
            state.lines[line.room, default: []].append(message)
            return message
        }
        guard let stored else { throw Self.away }
        return stored
    }

    package func page(
        room: RoomID, before: ChatMessageID?, limit: Int
    ) async throws(StoreFailure) -> [ChatMessagePayload] {
        let page: [ChatMessagePayload]? = state.withLockedValue { state in
            guard !state.isAway else { return nil }
            var lines = state.lines[room] ?? []
            if let before {
                guard let index = lines.firstIndex(where: { $0.id == before }) else { return [] }
                lines = Array(lines[..<index])
            }
            return Array(lines.suffix(limit))
        }
        guard let page else { throw Self.away }
        return page
    }
}

/// `RecentChat` in memory, bounded like the real one.
package final class InMemoryRecentChat: RecentChat {
    private let lines = NIOLockedValueBox<[RoomID: [ChatMessagePayload]]>([:])

    package init() {}

    /// Forgets everything, as a cache may.
    package func forget() { lines.withLockedValue { $0 = [:] } }

    package func push(_ lines: [RoomID: [ChatMessagePayload]]) async {
        self.lines.withLockedValue { kept in
            for (room, lines) in lines {
                guard let known = kept[room] else { continue }
                kept[room] = (known + lines).suffix(Limits.chatLinesOnJoin)
            }
        }
    }

    package func recent(room: RoomID) async -> [ChatMessagePayload]? { lines.withLockedValue { $0[room] } }

    package func fill(room: RoomID, with lines: [ChatMessagePayload]) async {
        self.lines.withLockedValue { $0[room] = lines.suffix(Limits.chatLinesOnJoin) }
    }
}
