internal import Logging
internal import NIOConcurrencyHelpers
internal import NIOCore
package import QuizModel
internal import QuizRoomHost
internal import QuizShards
internal import QuizTelemetry
internal import QuizWire

/// What other nodes say, led to whoever it is for.
extension ClusterNode: PeerReceiver {
    package func linkOpened(to peer: Incarnation) {
        parts.router.transport.send(.owns(ShardClaims(terms: parts.router.host.terms)), to: peer)
        parts.forwarded.linkOpened()
    }

    package func linkClosed(to peer: Incarnation) {
        parts.remote.lost(peer)
        parts.forwarded.linkLost(peer)
    }

    package func received(_ message: PeerMessage, from peer: Incarnation) {
        switch message {
        case .attach(let message): parts.remote.attach(message, from: peer)
        case .command(let message): parts.remote.command(message, from: peer)
        case .detach(let message): parts.remote.detach(message, from: peer)
        case .chat(let message): parts.remote.chat(message, from: peer)
        case .event(let message): parts.forwarded.event(message)
        case .reply(let message): parts.forwarded.reply(message)
        case .attached(let message): parts.forwarded.attached(message)
        case .ended(let message): parts.forwarded.ended(message)
        case .measure(let message):
            if message.latencyMs == nil {
                parts.forwarded.measure(message)
            } else {
                parts.remote.measured(message, from: peer)
            }
        case .prepare(let message):
            prepare(message, from: peer)
        case .prepared(let message): handOffs.prepared(message)
        case .final(let message): take(message, from: peer)
        case .finished(let message): handOffs.finished(message)
        case .owns(let claims), .notMine(let claims): parts.router.table.hear(claims.terms)
        case .ask(let call): answer(call, to: peer)
        case .answer(let answer): parts.calls.answered(answer)
        }
    }

    /// Before rooms stop, for then nobody waits: a reason that operators have just given is read here and stands in the history of the move.
    private func prepare(_ message: HandOffPrepare, from peer: Incarnation) {
        let answer: @Sendable () -> Void = {
            let isDraining = self.state.withLockedValue { $0.announcement.isDraining }
            self.handOffs.prepare(message, from: peer, isDraining: isDraining)
        }
        let accepted = parts.work.submit {
            // Without it the move has no note; the database will say the rest when the fence is to be moved.
            if let reasons = try? await self.parts.store.reasons() {
                self.state.withLockedValue { $0.reasons = reasons }
            }
            answer()
        }
        if !accepted { answer() }
    }

    private func take(_ message: HandOffFinal, from peer: Incarnation) {
        let shards = Set(message.terms.map(\.shard))
        state.withLockedValue { $0.busy.formUnion(shards) }
        let accepted = parts.work.submit {
            await self.handOffs.final(message, note: self.note(of: message, from: peer), from: peer)
            self.state.withLockedValue { $0.busy.subtract(shards) }
            self.parts.forwarded.ownersChanged(shards)
        }
        // Then A hears nothing and takes its shards back.
        if !accepted { state.withLockedValue { $0.busy.subtract(shards) } }
    }

    /// What an operator said who brought the move about. A group has one reason, and a pinned shard goes alone.
    private func note(of message: HandOffFinal, from peer: Incarnation) -> String {
        state.withLockedValue { state in
            let (from, to) = (state.view.node(peer)?.name, state.announcement.name)
            guard let shard = message.terms.first?.shard else { return "" }
            return state.reasons.note(shard, message.reason, from: from, to: to)
        }
    }

    private func answer(_ call: PeerCall, to peer: Incarnation) {
        if case .poll(let request) = call.question {
            // May be held for long, so it takes no place among the jobs.
            guard let server = state.withLockedValue({ $0.pollServer }) else { return }
            return server.respond(to: request) { [parts] status, headers, body in
                let answer = PeerAnswer(number: call.number, status: status, headers: headers, body: body)
                parts.router.transport.send(.answer(answer), to: peer)
            }
        }
        if case .status = call.question {
            parts.work.submit {
                // Texts and numbers always encode.
                let body = (try? WireJSON.buffer(await self.status())) ?? ByteBuffer()
                self.parts.router.transport.send(
                    .answer(PeerAnswer(number: call.number, status: 200, body: body)), to: peer)
            }
            return
        }
        parts.work.submit { [parts] in
            let (status, body) = await parts.rooms.answer(call.question) ?? (404, ByteBuffer())
            parts.router.transport.send(.answer(PeerAnswer(number: call.number, status: status, body: body)), to: peer)
        }
    }
}
