package import QuizModel

/// Room chat behind the broadcast: lines are stored durably, the newest are kept at hand, older ones come by the page.
package struct RoomChat: Sendable {
    private let store: any ChatStore
    private let cache: any RecentChat

    package init(store: any ChatStore, cache: any RecentChat) {
        self.store = store
        self.cache = cache
    }

    /// Stores a line; returns when it is durable. The same client id again gives the line stored first.
    ///
    /// - Throws: `unavailable` when the store is away; the client sends the line again.
    package func say(_ message: ChatMessagePayload, in room: RoomID) async throws(Rejection) -> ChatSentAck {
        let stored: ChatMessagePayload
        do {
            stored = try await store.append(ChatLine(room: room, message: message), id: .random())
        } catch {
            throw Rejection(.unavailable, message: "The message could not be stored. It will be sent again.")
        }
        guard let id = stored.id else { throw Rejection(.unavailable) }
        await cache.push(ChatLine(room: room, message: stored))
        return ChatSentAck(message: id, sentAtMs: stored.sentAtMs)
    }

    /// The newest lines, oldest first; empty when neither cache nor store answers.
    package func recent(in room: RoomID) async -> [ChatMessagePayload] {
        if let lines = await cache.recent(room: room) { return lines }
        guard let lines = try? await store.page(room: room, before: nil, limit: Limits.chatLinesOnJoin) else {
            return []  // Chat must not keep anybody from playing; history can be asked for.
        }
        await cache.fill(room: room, with: lines)
        return lines
    }

    /// A page of older lines.
    ///
    /// - Throws: `invalid` for a limit out of bounds; `unavailable` when the store is away.
    package func history(_ command: ChatHistoryCommand, in room: RoomID) async throws(Rejection) -> ChatHistoryAck {
        let limit = command.limit ?? Limits.chatLinesOnJoin
        guard (1...Limits.chatPageMax).contains(limit) else {
            throw Rejection(.invalid, message: "`limit`: 1 to \(Limits.chatPageMax).")
        }
        do {
            let lines = try await store.page(room: room, before: command.before, limit: limit + 1)
            let page = Array(lines.suffix(limit))
            return ChatHistoryAck(messages: page, next: lines.count > limit ? page.first?.id : nil)
        } catch {
            throw Rejection(.unavailable, message: "Older messages cannot be read at this moment.")
        }
    }
}
