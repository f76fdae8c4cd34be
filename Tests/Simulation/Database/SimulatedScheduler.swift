/// Time and choice of a simulation. All bodies run one after the other, on one thread or at least never two at once; the
/// same seed gives the same run.
package protocol SimulatedScheduler: AnyObject, Sendable {
    /// Virtual time, milliseconds; never goes back.
    var nowMs: Int64 { get }

    /// Runs `body` later, never inside this call. May be called from wherever the code of a simulated node runs.
    ///
    /// - Parameter ms: 0 or more.
    func after(ms: Int64, _ body: @escaping @Sendable () -> Void)

    /// One of `0 ..< count`; `count` is 1 or more.
    func choose(_ count: Int) -> Int
}

extension SimulatedScheduler {
    func choose(in range: ClosedRange<Int>) -> Int { range.lowerBound + choose(range.count) }

    /// Like `after` for what only the scheduler's bodies touch.
    func schedule(ms: Int, _ body: @escaping () -> Void) {
        let confined = Confined(body: body)
        after(ms: Int64(ms)) { confined.body() }
    }
}

/// A closure over state that only the scheduler's bodies touch.
private struct Confined: @unchecked Sendable {  // called by the scheduler, which runs one body at a time
    let body: () -> Void
}
