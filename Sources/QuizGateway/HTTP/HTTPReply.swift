import NIOConcurrencyHelpers
package import NIOCore
package import NIOHTTP1

/// An answer of the gateway itself, small enough to be kept whole.
package struct HTTPReply: Sendable {
    package var status: HTTPResponseStatus
    package var headers: HTTPHeaders = [:]
    package var body = ByteBuffer()

    /// A handshake or a poll.
    static func packets(_ body: ByteBuffer) -> HTTPReply {
        HTTPReply(
            status: .ok, headers: ["Content-Type": "text/plain; charset=UTF-8", "Cache-Control": "no-store"],
            body: body)
    }

    /// A POST.
    static let accepted = HTTPReply(
        status: .ok, headers: ["Content-Type": "text/html", "Cache-Control": "no-store"],
        body: ByteBuffer(string: "ok"))

    static func refusal(_ refusal: EngineRefusal) -> HTTPReply {
        var reply = HTTPReply(
            status: refusal.status, headers: ["Content-Type": "application/json", "Cache-Control": "no-store"],
            body: ByteBuffer(string: refusal.json))
        if let seconds = refusal.retryAfterSeconds { reply.headers.add(name: "Retry-After", value: String(seconds)) }
        return reply
    }

    static func empty(_ status: HTTPResponseStatus, headers: HTTPHeaders = [:]) -> HTTPReply {
        HTTPReply(status: status, headers: headers)
    }
}

/// One request that has not been answered. May be answered from any thread; only the first answer counts.
package final class PendingReply: Sendable {
    private let promise: EventLoopPromise<HTTPReply>
    private let abortion = NIOLockedValueBox<(@Sendable () -> Void)?>(nil)

    package init(eventLoop: any EventLoop) { promise = eventLoop.makePromise() }

    /// A reply that is dropped unanswered fails its future, so that the connection is closed instead of forgotten.
    deinit { promise.fail(ChannelError.eof) }

    package var future: EventLoopFuture<HTTPReply> { promise.futureResult }

    func succeed(_ reply: HTTPReply) { promise.succeed(reply) }

    /// Calls `action` once if the client goes away before the answer.
    func whenAborted(_ action: @escaping @Sendable () -> Void) {
        abortion.withLockedValue { $0 = action }
    }

    /// The client went away.
    package func abort() {
        let action = abortion.withLockedValue { action in
            defer { action = nil }
            return action
        }
        promise.fail(ChannelError.eof)
        action?()
    }
}
