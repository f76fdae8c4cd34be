// What a cluster says to clients that would rather talk to their room's own node.

/// Server event `cluster:redirect`, class *mine*, and part of acknowledgements: the room is on another node, and this is the way there. Only for clients that say
/// `redirect` among their capabilities; nothing depends on it.
///
/// A client opens a second connection to `url` with `auth: {resume, offset}` while the first one stays, and closes the first when the second is in the
/// room. A client that cannot, or does not want to, stays where it is.
public struct RedirectPayload: Codable, Sendable, Hashable {
    /// Where the room's node is reached: an origin, such as `https://node-1.play.example.org`.
    public var url: String
    public var room: RoomCode
    /// Goes into the handshake's `auth.resume` there, once and within 30 seconds. Whoever has it is this player: keep it in memory only.
    public var resume: String

    public init(url: String, room: RoomCode, resume: String) {
        self.url = url
        self.room = room
        self.resume = resume
    }
}
