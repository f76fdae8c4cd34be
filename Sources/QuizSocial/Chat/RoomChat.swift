package import QuizModel

/// Room chat behind the broadcast: lines are stored durably, the newest are kept at hand, older ones come by the page.
package struct RoomChat: Sendable {
    private let store: any ChatStore
    private let cache: any RecentChat
    private let queue = ChatQueue()

    package init(store: any ChatStore, cache: any RecentChat) {
        self.store = store
        self.cache = cache
    }

    /// Queues a line to be stored. The same client id again gives the line stored first.
    ///
    /// - Parameter done: called when it is durable, on any thread; `unavailable` when the store is away, so that the client sends the line again;
    ///   `busy` when too many wait.
    /// - Returns: whether the caller has to see to it that `storeQueued` runs, or call `refuseQueued`; nobody else will.
    package func say(
        _ message: ChatMessagePayload, in room: RoomID,
        done: @escaping @Sendable (Result<ChatSentAck, Rejection>) -> Void
    ) -> Bool {
        var named = message
        named.id = .random()
        switch queue.add(ChatQueue.Entry(line: ChatLine(room: room, message: named), done: done)) {
        case .behindOthers: return false
        case .first: return true
        case .full:
            done(.failure(Rejection(.busy)))
            return false
        }
    }

    /// Stores what is queued, and what is queued meanwhile; returns when there is nothing left.
    package func storeQueued() async {
        while true {
            let batch = queue.next()
            if batch.isEmpty { return }
            let stored = await store.append(batch.map(\.line))
            await keepAtHand(batch, stored)
            for (entry, result) in zip(batch, stored) { entry.done(Self.acknowledgement(of: result)) }
        }
    }

    /// Nothing can be stored now.
    package func refuseQueued() {
        while true {
            let batch = queue.next()
            if batch.isEmpty { return }
            for entry in batch { entry.done(.failure(Rejection(.busy))) }
        }
    }

    /// Before anybody is told: who reads a room's lines behind an acknowledgement finds that line. A batch goes in one go, whatever
    /// its rooms: a slow cache holds it up for a few times its patience at most.
    private func keepAtHand(
        _ batch: [ChatQueue.Entry], _ stored: [Result<ChatMessagePayload, StoreFailure>]
    ) async {
        var rooms: [RoomID: [ChatMessagePayload]] = [:]
        for (entry, result) in zip(batch, stored) {
            guard case .success(let message) = result else { continue }
            rooms[entry.line.room, default: []].append(message)
        }
        if !rooms.isEmpty { await cache.push(rooms) }
    }

    private static func acknowledgement(
        of result: Result<ChatMessagePayload, StoreFailure>
    ) -> Result<ChatSentAck, Rejection> {
        guard case .success(let stored) = result else {
            return .failure(
                Rejection(.unavailable, message: "The message could not be stored. It will be sent again."))
        }
        guard let id = stored.id else { return .failure(Rejection(.unavailable)) }
        return .success(ChatSentAck(message: id, sentAtMs: stored.sentAtMs))
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
