internal import NIOConcurrencyHelpers
package import NIOCore
package import QuizModel

/// Questions to other nodes and their answers. Bounds: a question waits at most `limit`, and at most `waitingMax` wait at once; beyond that the answer is nil.
package final class PeerCalls: Sendable {
    private struct State {
        var lastNumber: UInt64 = 0
        var waiting: [UInt64: EventLoopPromise<PeerAnswer?>] = [:]
    }

    private static let waitingMax = 4_096

    private let transport: any PeerTransport
    private let loop: any EventLoop
    private let state = NIOLockedValueBox(State())

    package init(transport: any PeerTransport, loop: any EventLoop) {
        self.transport = transport
        self.loop = loop
    }

    /// - Returns: nil when there is no link or no answer in time.
    package func ask(
        _ question: PeerCall.Question, of peer: Incarnation, limit: TimeAmount = .seconds(2)
    ) async -> PeerAnswer? {
        (try? await call(question, of: peer, limit: limit).get()) ?? nil  // never fails
    }

    /// As `ask`, for those who are on an event loop.
    package func call(
        _ question: PeerCall.Question, of peer: Incarnation, limit: TimeAmount
    ) -> EventLoopFuture<PeerAnswer?> {
        let promise = loop.makePromise(of: PeerAnswer?.self)
        let number = state.withLockedValue { state -> UInt64? in
            guard state.waiting.count < Self.waitingMax else { return nil }
            state.lastNumber += 1
            state.waiting[state.lastNumber] = promise
            return state.lastNumber
        }
        guard let number else {
            promise.succeed(nil)
            return promise.futureResult
        }
        if !transport.send(.ask(PeerCall(number: number, question: question)), to: peer) { settle(number, nil) }
        let timer = loop.scheduleTask(in: limit) { self.settle(number, nil) }
        promise.futureResult.whenComplete { _ in timer.cancel() }
        return promise.futureResult
    }

    func answered(_ answer: PeerAnswer) { settle(answer.number, answer) }

    private func settle(_ number: UInt64, _ answer: PeerAnswer?) {
        state.withLockedValue { $0.waiting.removeValue(forKey: number) }?.succeed(answer)
    }
}
