/// A scheduler for the tests of this module: bodies of the same millisecond run in the order of their submission.
package final class SeededScheduler: SimulatedScheduler, @unchecked Sendable {  // one thread drives and uses it
    private struct Entry {
        var atMs: Int64
        var order: Int
        var body: @Sendable () -> Void

        func isBefore(_ other: Entry) -> Bool { atMs != other.atMs ? atMs < other.atMs : order < other.order }
    }

    /// A binary heap, the earliest first.
    private var heap: [Entry] = []
    private var submitted = 0
    private var generator: UInt64
    package private(set) var nowMs: Int64 = 0
    /// Bodies that have run.
    package private(set) var steps = 0

    package init(seed: UInt64) { generator = seed }

    package func after(ms: Int64, _ body: @escaping @Sendable () -> Void) {
        submitted += 1
        heap.append(Entry(atMs: nowMs + max(ms, 0), order: submitted, body: body))
        var index = heap.count - 1
        while index > 0, heap[index].isBefore(heap[(index - 1) / 2]) {
            heap.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    /// SplitMix64 (Steele, Lea, Flood 2014); the bias of the remainder does not matter here.
    package func choose(_ count: Int) -> Int {
        generator &+= 0x9E37_79B9_7F4A_7C15
        var bits = generator
        bits = (bits ^ bits >> 30) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ bits >> 27) &* 0x94D0_49BB_1331_11EB
        bits ^= bits >> 31
        return Int(bits % UInt64(max(count, 1)))
    }

    /// Runs the next body.
    ///
    /// - Parameter deadlineMs: bodies later than that stay.
    /// - Returns: false when there is none.
    package func step(until deadlineMs: Int64 = .max) -> Bool {
        guard let first = heap.first, first.atMs <= deadlineMs else { return false }
        let last = heap.removeLast()
        if !heap.isEmpty {
            heap[0] = last
            sink()
        }
        nowMs = max(nowMs, first.atMs)
        steps += 1
        first.body()
        return true
    }

    /// Runs everything up to a moment, and lets time pass to it.
    package func run(until deadlineMs: Int64) {
        while step(until: deadlineMs) {}
        nowMs = max(nowMs, deadlineMs)
    }

    private func sink() {
        var index = 0
        while true {
            var least = index
            for child in [2 * index + 1, 2 * index + 2] where child < heap.count && heap[child].isBefore(heap[least]) {
                least = child
            }
            if least == index { return }
            heap.swapAt(index, least)
            index = least
        }
    }
}
