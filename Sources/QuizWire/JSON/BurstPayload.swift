package import QuizModel

/// A payload that is made once for each player or line of a burst, and writes itself without the containers of `Encodable`.
///
/// The bytes are those `JSONWriter` makes; `BurstPayloadTests` compares them with Foundation's.
protocol BurstPayload: Encodable {
    /// Writes all members, in the order of their keys.
    func write(to json: inout PlainWriter)
}

extension BurstPayload {
    /// Nil: something in it is not for `PlainWriter`.
    var plainBytes: [UInt8]? {
        var json = PlainWriter()
        write(to: &json)
        return json.finished()
    }
}

/// An acknowledgement of a burst's commands; `Accepted` puts its `ok` among its members.
protocol BurstAck: Encodable {
    func write(ok: Bool, to json: inout PlainWriter)
}

extension Accepted: BurstPayload where Ack: BurstAck {
    func write(to json: inout PlainWriter) { ack.write(ok: ok, to: &json) }
}

extension AnswerAck: BurstAck {
    func write(ok: Bool, to json: inout PlainWriter) {
        json.number("at", at.milliseconds)
        json.numbers("choice", choice)
        json.flag("ok", ok)
        json.number("question", question)
    }
}

extension ChatSentAck: BurstAck {
    func write(ok: Bool, to json: inout PlainWriter) {
        json.identifier("message", message)
        json.flag("ok", ok)
        json.number("sentAtMs", sentAtMs)
    }
}

extension ChatMessagePayload: BurstPayload {
    func write(to json: inout PlainWriter) {
        json.text("client", client.text)
        if let id { json.identifier("id", id) }
        json.text("nickname", nickname.text)
        json.identifier("player", player)
        json.number("sentAtMs", sentAtMs)
        json.text("text", text.text)
    }
}

extension ProgressPayload: BurstPayload {
    func write(to json: inout PlainWriter) {
        json.number("answered", answered)
        json.number("index", index)
        json.number("of", of)
    }
}

extension MePayload: BurstPayload {
    func write(to json: inout PlainWriter) {
        json.text("nickname", nickname.text)
        json.identifier("player", player)
        if let refresh { json.text("refresh", refresh) }
        if let seat { json.object("seat") { seat.write(to: &$0) } }
        if let token { json.text("token", token) }
    }
}

extension SeatView: BurstPayload {
    func write(to json: inout PlainWriter) {
        if let answer {
            json.object("answer") { json in
                json.number("at", answer.at.milliseconds)
                json.numbers("choice", answer.choice)
                json.number("question", answer.question)
            }
        }
        json.text("code", code.text)
        json.flag("host", host)
        json.flag("ready", ready)
        json.text("role", role.rawValue)
        json.number("score", score)
        json.number("streak", streak)
    }
}

/// Everybody who joins gets one, with everybody who is there.
extension RoomStatePayload: BurstPayload {
    func write(to json: inout PlainWriter) {
        json.number("at", at.milliseconds)
        json.text("code", code.text)
        if let game { json.value("game", game) }
        if let host { json.identifier("host", host) }
        json.flag("locked", locked)
        json.objects("members", members)
        if let paused { json.text("paused", paused.rawValue) }
        json.text("phase", phase.rawValue)
        json.identifiers("present", present)
        json.number("seq", seq)
        json.object("settings") { settings.write(to: &$0) }
    }
}

extension MemberView: BurstPayload {
    func write(to json: inout PlainWriter) {
        json.flag("host", host)
        json.text("nickname", nickname.text)
        json.identifier("player", player)
        json.flag("ready", ready)
        json.text("role", role.rawValue)
        json.number("score", score)
    }
}

extension RoomSettings: BurstPayload {
    func write(to json: inout PlainWriter) {
        json.number("answerWindowMs", answerWindowMs)
        json.flag("autoAdvance", autoAdvance)
        json.texts("categories", categories.map(\.text))
        if let difficulty { json.text("difficulty", difficulty.rawValue) }
        json.number("questionCount", questionCount)
        json.flag("speedPoints", speedPoints)
        json.text("title", title)
        json.text("visibility", visibility.rawValue)
    }
}
