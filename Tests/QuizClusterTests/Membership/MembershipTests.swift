import NIOCore
import QuizCluster
import QuizModel
import QuizTestKit
import Testing

@Suite struct MembershipTests {
    private let own = Cast.node(1)
    private let others = (2...5).map { Cast.node($0) }

    /// Five nodes, and a clock that is moved by hand; the TTL is 3 s.
    private struct Stage {
        var membership: Membership
        var board = BeatBoard()
        var links: Set<Incarnation> = []
        var now = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

        init(own: NodeAnnouncement) { membership = Membership(own: own, ttl: .seconds(3), now: now) }

        var view: ClusterView { membership.view(at: now) }
        var deadCount: Int { view.dead.count }

        /// Time passes, these beat, and the node looks.
        mutating func pass(_ time: TimeAmount, beating nodes: [NodeAnnouncement]) {
            now = now + time
            for node in nodes { board.beat(node) }
            membership.observe(board.snapshot, links: links, at: now)
        }

        mutating func passWithoutDirectory(_ time: TimeAmount) {
            now = now + time
            membership.observe(nil, links: links, at: now)
        }
    }

    private func stage() -> Stage {
        var stage = Stage(own: own)
        stage.pass(.zero, beating: [own] + others)
        return stage
    }

    @Test func `whoever stands still for the TTL is dead, and not before`() {
        var stage = stage()
        let silent = others[0]
        stage.pass(.milliseconds(2_999), beating: Array(others.dropFirst()))
        #expect(stage.view.isAlive(silent.incarnation))
        #expect(stage.view.dead == [])
        stage.pass(.milliseconds(1), beating: [])
        #expect(stage.view.dead == [silent.incarnation])
        #expect(stage.view.alive.map(\.incarnation) == [own, others[1], others[2], others[3]].map(\.incarnation))
        #expect(stage.view.isSettled)
    }

    @Test func `a node whose beat moves again is back`() {
        var stage = stage()
        stage.pass(.seconds(3), beating: Array(others.dropFirst()))
        #expect(stage.view.dead == [others[0].incarnation])
        stage.pass(.milliseconds(1), beating: [others[0]])
        #expect(stage.view.isAlive(others[0].incarnation))
    }

    @Test func `a link keeps alive whose beat stands still`() {
        var stage = stage()
        stage.links = [others[0].incarnation]
        stage.pass(.seconds(30), beating: Array(others.dropFirst()))
        #expect(stage.view.isAlive(others[0].incarnation))
        #expect(stage.view.dead == [])
        stage.links = []
        stage.pass(.milliseconds(1), beating: [])
        #expect(stage.view.dead == [others[0].incarnation])
    }

    @Test func `a younger process of the same name takes the older one's place at once, link or not`() {
        var stage = stage()
        let younger = Cast.node(9, name: "node-2", startedAtMs: 2_000)
        stage.links = [others[0].incarnation]
        stage.pass(.milliseconds(10), beating: [younger] + others)
        #expect(stage.view.dead == [others[0].incarnation])
        #expect(stage.view.isAlive(younger.incarnation))
    }

    @Test func `an older process of the own name is superseded, too`() {
        var stage = Stage(own: Cast.node(1, startedAtMs: 5_000))
        let older = Cast.node(8, name: "node-1", startedAtMs: 4_000)
        stage.pass(.zero, beating: [older])
        #expect(stage.view.dead == [older.incarnation])
    }

    @Test func `when more than a third is silent everybody waits twice as long`() {
        var stage = stage()
        stage.pass(.milliseconds(5_999), beating: Array(others.dropFirst(2)))
        #expect(stage.view.dead == [])
        #expect(stage.view.alive.count == 5)
        stage.pass(.milliseconds(1), beating: [])
        #expect(stage.view.dead == [others[0].incarnation, others[1].incarnation])
    }

    @Test func `while the directory is away nobody dies, and afterwards everybody has a fresh TTL`() {
        var stage = stage()
        stage.passWithoutDirectory(.seconds(60))
        #expect(!stage.view.isSettled)
        #expect(stage.view.dead == [])
        stage.pass(.zero, beating: Array(others.dropFirst()))
        #expect(stage.view.isSettled)
        stage.pass(.milliseconds(2_999), beating: Array(others.dropFirst()))
        #expect(stage.view.dead == [])
        stage.pass(.milliseconds(1), beating: Array(others.dropFirst()))
        #expect(stage.view.dead == [others[0].incarnation])
    }

    @Test func `behind a Redis that is another one nothing is settled for twice the TTL`() {
        var stage = stage()
        stage.board.generation = "g2"
        stage.pass(.milliseconds(500), beating: others)
        #expect(!stage.view.isSettled)
        stage.pass(.milliseconds(5_999), beating: others)
        #expect(!stage.view.isSettled)
        stage.pass(.milliseconds(1), beating: others)
        #expect(stage.view.isSettled)
        #expect(stage.view.alive.count == 5)
    }

    @Test func `before the first answer nothing is settled`() {
        let stage = Stage(own: own)
        #expect(!stage.view.isSettled)
        #expect(stage.view.alive == [own])
    }

    @Test func `whoever withdraws is forgotten after the TTL and is no dead node then`() {
        var stage = stage()
        stage.board.withdraw(others[0])
        stage.pass(.seconds(3), beating: Array(others.dropFirst()))
        #expect(!stage.view.isAlive(others[0].incarnation))
        #expect(stage.view.dead == [])
    }

    @Test func `while the directory is away, whom the store knows and a link leads to is alive`() {
        var stage = Stage(own: own)
        let younger = Cast.node(9, name: "node-2", startedAtMs: 2_000)
        stage.membership.introduce(others + [younger])
        stage.passWithoutDirectory(.seconds(1))
        #expect(stage.view.alive == [own])
        stage.links = [others[0].incarnation, others[1].incarnation]
        stage.passWithoutDirectory(.seconds(1))
        #expect(stage.view.alive == [own, others[0], others[1]])
        stage.links.insert(younger.incarnation)
        stage.passWithoutDirectory(.seconds(1))
        #expect(stage.view.alive == [own, others[1], younger])
        #expect(stage.view.dead == [others[0].incarnation] && !stage.view.isSettled)
        // It answers again and was emptied: whoever has not written to it yet lives all the same.
        stage.pass(.seconds(1), beating: [own, others[2]])
        #expect(stage.view.alive == [own, others[1], others[2], younger])
        stage.links = []
        stage.pass(.seconds(1), beating: [own, others[2]])
        #expect(stage.view.alive == [own, others[2]])
    }

    // MARK: A directory that has gone back

    @Test func `a beat that goes back is no sign of life, and stops everybody's inheriting`() {
        var stage = stage()
        let (silent, living) = (others[0], Array(others.dropFirst()))
        for _ in 0..<5 { stage.pass(.milliseconds(500), beating: living) }
        stage.board.restore(silent, beat: 0)
        stage.pass(.milliseconds(500), beating: living)
        // Dead at its time, and not believed dead before everybody could be heard again.
        #expect(stage.view.dead == [silent.incarnation])
        #expect(!stage.view.isSettled)
        for _ in 0..<11 {
            stage.pass(.milliseconds(500), beating: living)
            #expect(stage.view.dead == [silent.incarnation] && !stage.view.isSettled)
        }
        stage.pass(.milliseconds(500), beating: living)
        #expect(stage.view.dead == [silent.incarnation] && stage.view.isSettled)
    }

    @Test func `whoever lives on is heard with the next beat that is higher than any before`() {
        var stage = stage()
        for _ in 0..<4 { stage.pass(.milliseconds(500), beating: others) }
        let copy = stage.board
        for _ in 0..<4 { stage.pass(.milliseconds(500), beating: others) }
        let counters = stage.board
        stage.board = copy
        stage.pass(.milliseconds(500), beating: [])
        #expect(!stage.view.isSettled && stage.view.dead == [])
        // Their own counters go on.
        stage.board = counters
        for _ in 0..<20 {
            stage.pass(.milliseconds(500), beating: others)
            #expect(stage.view.alive.count == 5 && stage.view.dead == [])
        }
        #expect(stage.view.isSettled)
    }

    @Test func `a node that has withdrawn is not brought back by an old copy`() {
        var stage = stage()
        let withdrawn = others[0]
        let living = Array(others.dropFirst())
        stage.board.withdraw(withdrawn)
        for _ in 0..<6 { stage.pass(.milliseconds(500), beating: living) }
        #expect(!stage.view.isAlive(withdrawn.incarnation))
        stage.board.restore(withdrawn, beat: 1)
        stage.pass(.milliseconds(500), beating: living)
        // Dead, so that it is forgotten again.
        #expect(!stage.view.isAlive(withdrawn.incarnation) && stage.view.dead == [withdrawn.incarnation])
        #expect(!stage.view.isSettled)
        for _ in 0..<12 { stage.pass(.milliseconds(500), beating: living) }
        #expect(stage.view.isSettled && stage.view.dead == [withdrawn.incarnation])
        // Itself it may come back.
        stage.pass(.milliseconds(500), beating: [withdrawn])
        #expect(stage.view.isAlive(withdrawn.incarnation))
    }

    /// Copies of any age, in any order, while some beat and some do not.
    @Test(arguments: 0..<60) func `whatever Redis forgets, nobody who beats is taken for dead`(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        var stage = stage()
        var copies = [stage.board]
        var counters: [Incarnation: UInt64] = [:]
        let living = Array(others.prefix(3))
        var silentFor = 0
        for _ in 0..<200 {
            copies.append(stage.board)
            if Int.random(in: 0..<20, using: &random) == 0, let copy = copies.randomElement(using: &random) {
                stage.board = copy
            }
            for node in living {
                counters[node.incarnation, default: 1] += 1
                stage.board.restore(node, beat: counters[node.incarnation] ?? 0)
            }
            stage.pass(.milliseconds(500), beating: [])
            silentFor += 1
            let view = stage.view
            #expect(living.allSatisfy { view.isAlive($0.incarnation) }, "seed \(seed)")
            #expect(living.allSatisfy { !view.dead.contains($0.incarnation) }, "seed \(seed)")
            // The fourth has never beaten again, whatever old copies show.
            if silentFor > 6 { #expect(!view.isAlive(others[3].incarnation), "seed \(seed)") }
        }
    }
}
