import NIOConcurrencyHelpers
package import NIOCore
import QuizRoomHost
import QuizWire

/// Something that collects output during an event loop's batch of reads and lets it go once at its end.
protocol Flushable: AnyObject {
    func tick()
}

/// What all connections of one event loop share: counters, the compressor, and the list of who has something to send.
///
/// Confined to `eventLoop`, which is what makes the unchecked conformance hold.
package final class LoopContext: @unchecked Sendable {  // confined to `eventLoop`
    let eventLoop: any EventLoop
    var counters = GatewayCounters()
    let timers: LoopTimers
    private(set) lazy var inflater = RawInflater()
    private var deflaters: [Int: RawDeflater] = [:]
    private var broadcasts = PendingBroadcasts()
    private var unflushed: [any Flushable] = []
    private var isTickScheduled = false

    package init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        timers = LoopTimers(eventLoop)
    }

    /// - Returns: nil when zlib refuses; the message then goes out as it is.
    func deflater(windowBits: Int) -> RawDeflater? {
        if let kept = deflaters[windowBits] { return kept }
        let made = RawDeflater(windowBits: windowBits)
        deflaters[windowBits] = made
        return made
    }

    /// Flushes `flushable` once, after the reads that are being handled now. Do not call it twice before that.
    func schedule(_ flushable: any Flushable) {
        unflushed.append(flushable)
        scheduleTick()
    }

    /// Gives an event to each of the sessions at the end of the tick, or before something else is sent.
    ///
    /// - Parameter sessions: of this loop, all of them; one or more.
    func broadcast(_ message: OutboundMessage, _ event: RoomEvent, to sessions: [any SessionOutlet]) {
        broadcasts.add(message, event, to: sessions)
        scheduleTick()
    }

    /// Something else is about to be sent: what was broadcast before goes before it.
    func settleBroadcasts() {
        if !broadcasts.isEmpty { settle(isEndOfTick: false) }
    }

    /// Gives what is pending to the members' connections.
    ///
    /// - Parameter isEndOfTick: connections with nothing else to send may do so at once.
    private func settle(isEndOfTick: Bool) {
        // Taken first: what this sets off belongs to the next tick.
        for group in broadcasts.take() {
            let batch = MessageBatch(group.entries)
            for case let session as GameSession in group.sessions {
                session.deliver(batch, offset: group.offset, atOnce: isEndOfTick && group.isOnly)
            }
        }
    }

    private func scheduleTick() {
        guard !isTickScheduled else { return }
        isTickScheduled = true
        eventLoop.execute { self.tick() }
    }

    private func tick() {
        // Before the connections, so that what one of them has to send beside it goes into the same call.
        if !broadcasts.isEmpty { settle(isEndOfTick: true) }
        isTickScheduled = false
        // Taken first: what a flush sets off belongs to the next tick.
        let batch = unflushed
        unflushed.removeAll(keepingCapacity: true)
        if !broadcasts.isEmpty { scheduleTick() }
        for flushable in batch { flushable.tick() }
    }
}

/// One `LoopContext` for each event loop that has ever carried a connection.
final class LoopContexts: Sendable {
    private let known = NIOLockedValueBox<[ObjectIdentifier: LoopContext]>([:])

    func context(of eventLoop: any EventLoop) -> LoopContext {
        known.withLockedValue { known in
            if let context = known[ObjectIdentifier(eventLoop)] { return context }
            let context = LoopContext(eventLoop)
            known[ObjectIdentifier(eventLoop)] = context
            return context
        }
    }

    /// The sum over all loops, each asked on its own.
    func counters() async -> GatewayCounters {
        var sum = GatewayCounters()
        for context in known.withLockedValue({ Array($0.values) }) {
            // A loop that has been shut down has nothing more to count.
            if let part = try? await context.eventLoop.submit({ context.counters }).get() { sum = sum + part }
        }
        return sum
    }
}
