import NIOCore
import QuizCluster
import QuizModel
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
}
