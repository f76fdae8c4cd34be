import Foundation
import NIOConcurrencyHelpers

/// Where in the life of an input the process is to die.
enum FaultPoint: String, Sendable {
    /// The machine has applied the input; its row has not been sent.
    case applied
    /// The row is on its way to PostgreSQL; nobody knows whether it is committed.
    case sent
    /// The row is committed; nobody has been told.
    case committed
    /// A snapshot is being stored.
    case snapshot
    /// The rooms are being brought back after the kill before.
    case recovery
}

/// Counts how often each point is reached, and kills the process at the planned time.
final class FaultPlan: Sendable {
    private let point: FaultPoint?
    private let remaining: NIOLockedValueBox<Int>
    let acknowledgesEarly: Bool

    /// - Parameter point: `name` or `name:count`.
    init(point: String?, mutation: String?) {
        let parts = (point ?? "").split(separator: ":")
        self.point = parts.first.flatMap { FaultPoint(rawValue: String($0)) }
        remaining = NIOLockedValueBox(parts.count > 1 ? Int(parts[1]) ?? 1 : 1)
        acknowledgesEarly = mutation == "ack-before-commit"
    }

    func isDue(_ reached: FaultPoint) -> Bool {
        guard reached == point else { return false }
        return remaining.withLockedValue { count in
            count -= 1
            return count == 0
        }
    }

    /// Dies at once, as `kill -9` would have it, when the time has come.
    func reach(_ reached: FaultPoint) {
        if isDue(reached) { die() }
    }

    func die() {
        kill(getpid(), SIGKILL)
    }
}
