import HeapModule
import NIOCore

/// The deadlines of an event loop's connections: heartbeats and limits on how long somebody may take.
///
/// Nearly all of them are cancelled, and NIO finds a task to cancel by walking through all that are scheduled, several times for each
/// client that comes in, and thousands of connections have one each. Here a cancelled deadline is only marked, and forgotten when its time comes
/// or when most of those that are kept are such. One task of NIO's waits for the next one.
///
/// Confined to the loop.
final class LoopTimers {
    /// Something that is to be done at a time.
    ///
    /// Its action holds what it acts on, weakly seldom: whoever is referred to weakly once is retained slowly for ever. Cancelled or fired, it lets go.
    final class Timer {
        fileprivate let deadline: NIODeadline
        fileprivate var action: (() -> Void)?
        private unowned let timers: LoopTimers

        fileprivate init(_ deadline: NIODeadline, _ timers: LoopTimers, _ action: @escaping () -> Void) {
            self.deadline = deadline
            self.timers = timers
            self.action = action
        }

        /// Repeating is harmless, and so is a timer that has fired.
        func cancel() {
            guard action != nil else { return }
            action = nil
            timers.cancelled()
        }
    }

    private struct Entry: Comparable {
        let timer: Timer
        /// Of two at one time the one that was made first comes first.
        let number: Int

        static func < (one: Entry, other: Entry) -> Bool {
            (one.timer.deadline, one.number) < (other.timer.deadline, other.number)
        }

        static func == (one: Entry, other: Entry) -> Bool { one.number == other.number }
    }

    private let eventLoop: any EventLoop
    private var entries = Heap<Entry>()
    private var cancelledCount = 0
    private var lastNumber = 0
    /// When the one task of NIO's comes that counts; those before it find that they do not.
    private var armedFor = NIODeadline.distantFuture
    private var armedTimes = 0

    init(_ eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    /// - Complexity: O(log n).
    func schedule(in delay: TimeAmount, _ action: @escaping () -> Void) -> Timer {
        schedule(at: .now() + delay, action)
    }

    func schedule(at deadline: NIODeadline, _ action: @escaping () -> Void) -> Timer {
        let timer = Timer(deadline, self, action)
        lastNumber += 1
        entries.insert(Entry(timer: timer, number: lastNumber))
        arm()
        return timer
    }

    /// Kept, those that are cancelled included.
    var count: Int { entries.count }

    private func arm() {
        guard let next = entries.min?.timer.deadline, next < armedFor else { return }
        armedFor = next
        armedTimes += 1
        let number = armedTimes
        eventLoop.assumeIsolated().scheduleTask(deadline: next) { self.fire(number) }
    }

    private func fire(_ number: Int) {
        guard number == armedTimes else { return }
        let now = max(NIODeadline.now(), armedFor)
        // What is made meanwhile is looked at in the end.
        armedFor = .distantPast
        while let first = entries.min, first.timer.deadline <= now {
            _ = entries.popMin()
            guard let action = first.timer.action else {
                cancelledCount -= 1
                continue
            }
            first.timer.action = nil
            action()
        }
        armedFor = .distantFuture
        arm()
    }

    private func cancelled() {
        cancelledCount += 1
        guard cancelledCount > 64, cancelledCount * 2 > entries.count else { return }
        entries = Heap(entries.unordered.filter { $0.timer.action != nil })
        cancelledCount = 0
    }
}
