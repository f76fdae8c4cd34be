import QuizModel
import QuizRoomHost
import QuizShards
import Testing

@testable import QuizSimulatedDatabase

/// What the simulated server and its clients do when something comes between two steps.
@Suite struct ServerStepsTests {
    @Test func `a batch is kept`() {
        let bench = Bench()
        let outcome = bench.append(bench.next(0, 1))
        bench.run(ms: 100)
        #expect(outcome.value == .committed(kept: [bench.id(0), bench.id(1)]))
        #expect(bench.rowCount(0) == 1 && bench.rowCount(1) == 1)
    }

    @Test func `a commit cancelled while it waits for the standby is unknown and there`() {
        let bench = Bench()
        let batch = bench.next(0)
        bench.server.setStandby(isRequired: true)
        bench.server.setStandby(isThere: false)
        let outcome = bench.append(batch)
        bench.run(ms: 100)
        #expect(outcome.value == nil && bench.rowCount(0) == 0)
        #expect(bench.server.cancelCommit())
        bench.run(ms: 100)
        #expect(outcome.value?.unknownCode == "connection_lost" && bench.rowCount(0) == 1)

        // Sent again it waits for the standby once more.
        let again = bench.append(batch)
        bench.run(ms: 200)
        #expect(again.value == nil)
        bench.server.setStandby(isThere: true)
        bench.run(ms: 100)
        #expect(again.value == .committed(kept: [bench.id(0)]))
    }

    @Test func `a take-over gets through a client stopped before its Sync`() {
        let bench = Bench()
        bench.server.timing.syncLateOnceIn = 1
        bench.server.timing.syncDelayMs = 50...50
        let outcome = bench.append(bench.next(0))
        bench.run(ms: 30)
        bench.first.stop()
        bench.server.timing.syncLateOnceIn = 0
        let taken = bench.take(bench.shards, by: bench.second, owner: 2)
        bench.run(ms: 5_000)
        #expect(taken.value?.map(\.epoch) == [Epoch(2), Epoch(2)])
        #expect(bench.rowCount(0) == 0 && bench.server.statistics[.blockerEnded] == 1)
        bench.first.goOn()
        bench.run(ms: 5_000)
        #expect(outcome.value?.unknownCode != nil)
    }

    @Test func `an orphan's rows are found when the batch is sent again`() {
        let bench = Bench()
        let batch = bench.next(0)
        // The lane's connection is there before the cut.
        _ = bench.append(bench.next(1))
        bench.run(ms: 100)
        bench.server.cut("first", .toClient)
        let outcome = bench.append(batch)
        bench.run(ms: 1_000)
        #expect(outcome.value?.unknownCode == "timed_out" && bench.rowCount(0) == 1)
        bench.server.heal("first")
        let again = bench.append(batch)
        bench.run(ms: 5_000)
        #expect(again.value == .committed(kept: [bench.id(0)]) && bench.rowCount(0) == 1)
    }

    @Test func `a fencer that stalls in its transaction delays only its shard`() {
        let bench = Bench()
        bench.server.timing.syncLateOnceIn = 1
        bench.server.timing.syncDelayMs = 40...40
        _ = bench.take([bench.shards[0]], by: bench.second, owner: 2)
        // It has connected, read the terms and sent its change; the Sync behind it never comes.
        while bench.server.statistics[.syncDelayed] < 2, bench.scheduler.step() {}
        bench.run(ms: 20)
        bench.second.stop()
        bench.server.timing.syncLateOnceIn = 0
        let outcome = bench.append(bench.next(0, 1))
        bench.run(ms: 100)
        #expect(outcome.value == .committed(kept: [bench.id(1)]))
        #expect(bench.server.statistics[.lockSkipped] == 1)
    }

    @Test func `a restart keeps what is in the log`() {
        let bench = Bench()
        let outcome = bench.append(bench.next(0))
        bench.run(ms: 100)
        let late = bench.append(bench.next(1))
        bench.run(ms: 1)
        bench.server.restart(downMs: 50)
        bench.run(ms: 3_000)
        #expect(outcome.value != nil && late.value?.unknownCode == "connection_lost")
        #expect(bench.rowCount(0) == 1 && bench.rowCount(1) == 0)
    }
}
