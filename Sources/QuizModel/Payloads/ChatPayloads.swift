/// Server event `chat:message`, class *chat*: broadcast at once under the author's `client` id, without `id`; the author's ack carries
/// the durable id after the store's commit. Clients draw by (`player`, `client`).
public struct ChatMessagePayload: Codable, Sendable, Hashable {
    /// Nil until stored.
    public var id: ChatMessageID?
    public var client: ClientID
    public var player: PlayerID
    public var nickname: Nickname
    public var text: ChatText
    /// Wall clock, milliseconds since 1970; for display only.
    public var sentAtMs: Int64

    public init(
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
public struct ChatRecentPayload: Codable, Sendable, Hashable {
    public var messages: [ChatMessagePayload]

    public init(messages: [ChatMessagePayload]) { self.messages = messages }
}
