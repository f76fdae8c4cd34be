import QuizModel

/// Commands that come again after the room's owner has changed.
///
/// The room keeps, for each session, the number of its newest applied command and the reply to it. A command with that
/// number or a lower one has been here: it changes nothing, whatever has happened in the room since. What was refused
/// or changed nothing is not kept, because it is not journaled: it is judged again, which is harmless.
///
/// So commands of one session must reach the room in order; one that is overtaken is lost. A gateway re-sends in order
/// and under the numbers of the first time, and the shell lets none pass one that still waits for its questions.
extension RoomStateMachine {
    /// What the sender of a command that the room has heard is told; nil: the room has not heard it.
    ///
    /// For shells that do something before they make the input. Replies leave a room in the order of its inputs, so
    /// the reply to a command older than the newest one has mostly arrived; it is not kept, and `done` stands for it.
    ///
    /// - Complexity: O(`Limits.sessionsRememberedPerRoomMax`), least for those heard last.
    package func hasHeard(_ origin: InputOrigin) -> RoomReply? {
        guard let heard = state.heard.last(where: { $0.origin.session == origin.session }),
            origin.number <= heard.origin.number
        else { return nil }
        return origin.number == heard.origin.number ? heard.reply : .done
    }

    /// The verdict on an input whose origin has been heard; nil: it has not been.
    ///
    /// A client takes the reply to a join or an answer apart, so `done` is none for them. An older answer is told what
    /// is on record, and an older join where the room is now; where there is nothing to tell, it had been refused or is
    /// long over, and says so.
    func repetition(of input: RoomInput, from origin: InputOrigin) -> RoomOutcome? {
        guard let reply = hasHeard(origin) else { return nil }
        guard reply == .done else { return .unchanged(reply) }
        switch input {
        case .answer(let player, let question, _, _, _):
            guard let recorded = state.game?.recorded(player: player, question: question) else {
                return .rejected(Rejection(.questionClosed))
            }
            return .unchanged(.answered(AnswerAck(question: question, choice: recorded.choice, at: recorded.at)))
        case .join(let player, _, _, _):
            guard state.position(of: player) != nil else { return .rejected(Rejection(.notInRoom)) }
            return .unchanged(.joined(RoomJoinedAck(code: state.code, player: player, seq: state.seq)))
        default: return .unchanged(reply)
        }
    }
}

extension RoomState {
    mutating func hear(_ origin: InputOrigin, reply: RoomReply) {
        if let position = heard.lastIndex(where: { $0.origin.session == origin.session }) {
            heard.remove(at: position)
        } else if heard.count >= Limits.sessionsRememberedPerRoomMax {
            heard.removeFirst()
        }
        heard.append(HeardCommand(origin: origin, reply: reply))
    }
}
