package import NIOCore
package import QuizModel

/// The event loop's monotonic clock without the times at which the loop stood still.
///
/// A process that was stopped (SIGSTOP, a suspended machine) must not find its questions expired when it wakes: a gap of more than
/// `gapMs` between two looks at the clock is taken out. `touch` every 50 ms keeps an idle loop from looking like a gap.
package struct LoopClock: Sendable {
    package static let gapMs: Int64 = 250
    package static let touchEveryMs: Int64 = 50

    private var last: NIODeadline
    private var removed: TimeAmount = .zero
    /// Counted up at every gap; a room that sees a new number journals a `clock` input.
    package private(set) var gaps = 0

    package init(now: NIODeadline) { last = now }

    /// The time without gaps.
    package mutating func look(_ now: NIODeadline) -> NIODeadline {
        let passed = now - last
        if passed > .milliseconds(Self.gapMs) {
            removed = removed + passed
            gaps += 1
        }
        if now > last { last = now }
        return now - removed
    }
}

/// A room's time: base + monotonic time since, standing still while frozen.
package struct RoomClock: Sendable {
    private var base: RoomInstant
    private var anchor: NIODeadline
    private var frozenAt: RoomInstant?

    /// The clock begins at `base` (the last journaled instant of a room that was taken over).
    package init(base: RoomInstant, now: NIODeadline) {
        self.base = base
        anchor = now
    }

    package func instant(at now: NIODeadline) -> RoomInstant {
        frozenAt ?? base + max(0, (now - anchor).nanoseconds / 1_000_000)
    }

    /// Milliseconds with fraction, for `time:sync`.
    package func precise(at now: NIODeadline) -> Double {
        if let frozenAt { return Double(frozenAt.milliseconds) }
        return Double(base.milliseconds) + Double(max(0, (now - anchor).nanoseconds)) / 1_000_000
    }

    package mutating func freeze(at now: NIODeadline) { frozenAt = instant(at: now) }

    package mutating func thaw(at now: NIODeadline) {
        guard let frozenAt else { return }
        base = frozenAt
        anchor = now
        self.frozenAt = nil
    }

    /// The loop time at which room time reaches `instant`; nil while frozen.
    package func deadline(for instant: RoomInstant) -> NIODeadline? {
        guard frozenAt == nil else { return nil }
        return anchor + .milliseconds(max(0, instant - base))
    }
}
