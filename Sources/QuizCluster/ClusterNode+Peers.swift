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
            handOffs.prepare(message, from: peer, isDraining: state.withLockedValue { $0.announcement.isDraining })
        case .prepared(let message): handOffs.prepared(message)
        case .final(let message): take(message, from: peer)
        case .finished(let message): handOffs.finished(message)
        case .owns(let claims):
            parts.router.table.hear(claims.terms)
            // Sessions that found its term in the database and asked it before it had brought the rooms back were told that it is not theirs. It is no news
            // any more who owns them, but that they are there is.
            parts.forwarded.ownersChanged(Set(claims.terms.map(\.shard)))
            yield(claims.terms.filter { $0.owner == peer })
        case .notMine(let claims): parts.router.table.hear(claims.terms)
        case .ask(let call): answer(call, to: peer)
        case .answer(let answer): parts.calls.answered(answer)
        }
    }

    /// What somebody has won behind our term is not ours any more, also while the database cannot be asked, and also without rooms in it, of which no
    /// write would tell: our sessions go on there. Shards that are being handed over are left to the hand-off.
    func yield(_ terms: some Sequence<Term>) {
        let busy = state.withLockedValue { $0.busy }
        let answered = parts.router.host.answered
        for term in terms where term.owner != own {
            guard let ours = answered[term.shard], ours.epoch < term.epoch, !busy.contains(term.shard) else { continue }
            parts.router.host.lost(ours)
        }
    }

    private func take(_ message: HandOffFinal, from peer: Incarnation) {
        let shards = Set(message.terms.map(\.shard))
        state.withLockedValue { $0.busy.formUnion(shards) }
        // Folds the journals of all that comes.
        let accepted = parts.work.submit(computes: true) {
            await self.handOffs.final(message, from: peer)
            self.state.withLockedValue { $0.busy.subtract(shards) }
            self.parts.forwarded.ownersChanged(shards)
        }
        // Then A hears nothing and takes its shards back.
        if !accepted { state.withLockedValue { $0.busy.subtract(shards) } }
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
