package import QuizModel

/// What the shell has to do after an input, once that input is committed.
///
/// The effects of one input always come in this order: game events, own seats in order of joining, progress,
/// presence, removals, result, closing.
package enum RoomEffect: Sendable, Hashable {
    /// To everybody in the room, in order.
    case game(GameEvent)
    /// To one player: their own seat as it is after this input.
    case me(PlayerID, SeatView)
    case progress(ProgressPayload)
    case presence(PresencePayload)
    /// The player is no member any more.
    case removed(PlayerID, LeaveReason)
    /// A game has reached its podium. Exactly once per game.
    case finished(GameResult)
    /// The room's last effect.
    case closed(CloseReason)
}

/// What the sender of an input is told.
package enum RoomReply: Sendable, Hashable {
    case done
    case joined(RoomJoinedAck)
    case answered(AnswerAck)
}

/// What an input did to a room.
package struct RoomStep: Sendable, Hashable {
    /// Nil for inputs that nobody sent: ticks and clocks.
    package var reply: RoomReply?
    package var effects: [RoomEffect]

    package init(reply: RoomReply?, effects: [RoomEffect]) {
        self.reply = reply
        self.effects = effects
    }
}

/// The room's verdict on an input.
package enum RoomOutcome: Sendable, Hashable {
    /// The state changed: the input must be journaled, and nothing of the step may leave before that.
    case applied(RoomStep)
    /// Nothing changed and nothing is journaled, for example an answer sent again.
    case unchanged(RoomReply)
    /// Refused. The state is untouched.
    case rejected(Rejection)
}
