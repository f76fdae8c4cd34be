import QuizSimulatedDatabase
import Testing

/// The duels themselves: that they can be repeated, and see what they are for. They are fought by the thousand, and with every planted bug, by
/// `cluster/simulate --duels`.
@Suite struct DuelTests {
    @Test func `nothing acknowledged is lost and no row comes behind a new owner's back`() {
        for seed in UInt64(1)...20 {
            let duel = Duel(seed: seed)
            let breaches = duel.run()
            #expect(breaches.isEmpty, "seed \(seed), faults \(duel.faults): \(breaches)")
        }
    }

    @Test func `a writer behind the new owner's back is seen`() {
        for seed in UInt64(1)...200 where !Duel(seed: seed, sabotage: .fenceOff).run().isEmpty { return }
        Issue.record("Nothing was seen in 200 duels without a fence.")
    }

    @Test func `a failover that loses commits is seen`() {
        for seed in UInt64(1)...200 {
            let duel = Duel(seed: seed, faults: .standby, losesCommits: true)
            let breaches = duel.run()
            let isLost = breaches.contains { if case .acknowledgedRowLost = $0 { true } else { false } }
            if isLost, duel.server.statistics[.commitsLost] > 0 { return }
        }
        Issue.record("No loss was seen in 200 duels.")
    }

    @Test func `the same seed gives the same duel`() {
        let (first, second) = (Duel(seed: 9), Duel(seed: 9))
        #expect(first.run() == second.run())
        #expect(first.server.statistics == second.server.statistics)
    }
}
