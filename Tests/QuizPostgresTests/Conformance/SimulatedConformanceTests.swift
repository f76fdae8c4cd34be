import Dispatch
import QuizSimulatedDatabase
import Testing

@testable import QuizPostgres

/// The rules of the ports, on the simulated server: the same list as on the real one.
@Suite struct SimulatedConformanceTests {
    @Test(arguments: RoomJournalConformance.rules)
    func `the journal keeps its rules`(_ rule: RoomJournalConformance.Rule) async throws {
        try await rule.check(Self.port())
    }

    @Test(arguments: RoomStoreConformance.rules)
    func `the room store keeps its rules`(_ rule: RoomStoreConformance.Rule) async throws {
        try await rule.check(Self.port())
    }

    private static func port() -> JournalAndRooms {
        let server = SimulatedPostgres(scheduler: PumpedScheduler())
        let database = SimulatedDatabase(node: "a", server: server)
        return JournalAndRooms(journal: database, rooms: database)
    }
}

/// Virtual time that runs by itself: whenever nobody does anything, it is the next timer's turn.
private final class PumpedScheduler: SimulatedScheduler, @unchecked Sendable {  // everything happens on `queue`
    private let queue = DispatchQueue(label: "simulation")
    private let scheduler = SeededScheduler(seed: 1)
    private var isPumping = false

    var nowMs: Int64 { scheduler.nowMs }
    func choose(_ count: Int) -> Int { scheduler.choose(count) }

    func after(ms: Int64, _ body: @escaping @Sendable () -> Void) {
        queue.async { [self] in
            scheduler.after(ms: ms, body)
            guard !isPumping else { return }
            isPumping = true
            pump()
        }
    }

    /// One body at a time, so that what it submits comes before the next.
    private func pump() {
        queue.async { [self] in
            if scheduler.step() { pump() } else { isPumping = false }
        }
    }
}
