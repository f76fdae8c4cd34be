internal import NIOCore
internal import QuizCluster
internal import QuizModel
internal import QuizRoomHost
internal import QuizTelemetry
internal import QuizWire

/// How a session's client is told that its room is on another node; `Redirects` has the whole story.
///
/// With the answer to the join that led there; as `cluster:redirect` when the room has moved, when the connection came back to this node, and when this node stops.
extension GameSession {
    /// The session has just come into a room.
    func tellTheWay(after purpose: Purpose) {
        guard admission.followsRedirects, case .there(let owner, _, _) = seat else { return }
        switch purpose {
        case .join(let entry) where entry.ack != nil: joinAck = entry.ack
        case .join, .recover: tellTheWay()
        case .follow:
            // A room of fifty is not to knock at its new node's door in one moment, beside the game that goes on.
            let spread = parts.forwarded.isStopping ? 0 : Int64.random(in: 0...Int64(Limits.redirectSpreadMs))
            loop.scheduleTask(in: .milliseconds(spread)) {
                guard case .there(owner, _, _) = self.seat else { return }
                self.tellTheWay()
            }
        }
    }

    func tellTheWay() {
        onLoop { session in
            // Texts always encode.
            guard let way = session.way(), let payload = try? WireJSON.buffer(way) else { return }
            session.send(
                RoomEvent(
                    name: ServerEventName.clusterRedirect.rawValue, payload: payload, offset: session.lastOffset))
        }
    }

    /// The answer to a join, with the way to the room; as it is when there is none, or when the join was refused.
    func withWay(_ json: ByteBuffer) -> ByteBuffer {
        joinAck = nil
        guard var joined = try? WireJSON.decode(Accepted<RoomJoinedAck>.self, from: json), joined.ok,
            let way = way()
        else { return json }
        joined.ack.redirect = way
        return (try? WireJSON.buffer(joined)) ?? json  // texts and numbers always encode
    }

    /// The answer to `room:create`, with the way to a room that was made on another node.
    func withWay(_ made: RoomCreatedAck) -> RoomCreatedAck {
        guard admission.followsRedirects, seat.code == nil, let token,
            case .elsewhere(let owner) = parts.router.locate(made.code)
        else { return made }
        var made = made
        made.redirect = parts.redirects.way(to: owner, room: made.code, nickname: nickname, session: token)
        if made.redirect != nil { parts.metrics.redirectsOffered.increment() }
        return made
    }

    /// The way to where the room is now; nil when it is here, when nobody knows the way, or when the client does not want to know it.
    private func way() -> RedirectPayload? {
        guard admission.followsRedirects, case .there(let owner, _, let code) = seat, let token,
            let way = parts.redirects.way(to: owner, room: code, nickname: nickname, session: token)
        else { return nil }
        noteWay()
        parts.metrics.redirectsOffered.increment()
        return way
    }
}
