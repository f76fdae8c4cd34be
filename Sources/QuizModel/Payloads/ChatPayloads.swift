/// Server event `chat:message`, class *chat*: broadcast at once under the author's `client` id, without `id`; the author's ack carries
/// the durable id after the store's commit. Clients draw by (`player`, `client`).
package struct ChatMessagePayload: Codable, Sendable, Hashable {
    /// Nil until stored.
    package var id: ChatMessageID?
    package var client: ClientID
    package var player: PlayerID
    package var nickname: Nickname
    package var text: ChatText
    /// Wall clock, milliseconds since 1970; for display only.
    package var sentAtMs: Int64

    package init(
        id: ChatMessageID?, client: ClientID, player: PlayerID, nickname: Nickname, text: ChatText, sentAtMs: Int64
    ) {
        self.id = id
        self.client = client
        self.player = player
        self.nickname = nickname
        self.text = text
        self.sentAtMs = sentAtMs
    }
}

/// Server event `chat:recent`, class *chat*: the newest lines, oldest first; after every attach.
package struct ChatRecentPayload: Codable, Sendable, Hashable {
    package var messages: [ChatMessagePayload]

    package init(messages: [ChatMessagePayload]) { self.messages = messages }
}
