internal import NIOCore
package import QuizModel
package import QuizRoom
internal import QuizWire

/// Whom a reply goes to.
package enum ReplyTarget: Sendable {
    case nobody
    /// The acknowledgement of a session's command.
    case session(any SessionOutlet, ack: Int)
    /// An HTTP request or another part of the node.
    case callback(@Sendable (Result<RoomReply, Rejection>) -> Void)
}

/// Something that leaves a room once the input it saw last is committed.
enum RoomOutput {
    case game(GameEvent, payload: ByteBuffer)
    /// To all sessions of one player.
    case me(PlayerID, payload: ByteBuffer)
    /// Encoded when it is sent: of fifty answers' progress in a moment one is.
    case progress(ProgressPayload)
    case presence(PresencePayload)
    case saving(ByteBuffer)
    case reply(ReplyTarget, Result<RoomReply, Rejection>, began: NIODeadline)
    case attach(any SessionOutlet, AttachKind)
    case removed(PlayerID, LeaveReason)
    case finished(GameResult, head: JournalHead)
    case closed(CloseReason)
}

/// How a session comes into a room.
enum AttachKind {
    /// With the whole state, made when the join was applied.
    case fresh(state: ByteBuffer, me: ByteBuffer?, joined: @Sendable (Bool) -> Void)
    /// With what it missed; the verdict goes to `verdict` before the first event.
    case recovered(OffsetMark, verdict: @Sendable (RecoveryVerdict) -> Void)
}

/// Whether a session that came back gets what it missed.
package enum RecoveryVerdict: Sendable, Hashable {
    case recovered
    /// `room:state` and `room:me` follow; the offset in them is the baseline for the next time.
    case notRecovered(baseline: Int)
    /// The player is not in the room.
    case notMember
}
