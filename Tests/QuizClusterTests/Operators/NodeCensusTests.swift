import NIOCore
import QuizCluster
import QuizModel
import Testing

@Suite struct NodeCensusTests {
    private let one = Cast.node(1)
    private let two = Cast.node(2)
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    @Test func `one look tells nobody's life; the second does`() {
        var (census, board) = (NodeCensus(ttl: .seconds(3)), BeatBoard())
        board.beat(one, two)
        census.observe(board.snapshot, at: start)
        #expect(census.hasAnswered)
        #expect(census.members == [one, two])
        #expect(census.alive == [])
        board.beat(two)
        census.observe(board.snapshot, at: start + .milliseconds(1_200))
        #expect(census.alive == [two.incarnation])
    }

    @Test func `whoever stands still for the TTL is not alive any more, and whoever withdraws is gone`() {
        var (census, board) = (NodeCensus(ttl: .seconds(3)), BeatBoard())
        for second in 0..<2 {
            board.beat(one, two)
            census.observe(board.snapshot, at: start + .seconds(Int64(second)))
        }
        board.beat(two)
        census.observe(board.snapshot, at: start + .milliseconds(3_999))
        #expect(census.alive == [one.incarnation, two.incarnation])
        census.observe(board.snapshot, at: start + .seconds(4))
        #expect(census.alive == [two.incarnation])
        board.withdraw(one)
        census.observe(board.snapshot, at: start + .seconds(5))
        #expect(census.members == [two])
    }

    @Test func `an older process of a name is not alive beside a younger one`() {
        var (census, board) = (NodeCensus(ttl: .seconds(3)), BeatBoard())
        let younger = Cast.node(9, name: "node-1", startedAtMs: 2_000)
        for second in 0..<2 {
            board.beat(one, younger)
            census.observe(board.snapshot, at: start + .seconds(Int64(second)))
        }
        #expect(census.alive == [younger.incarnation])
    }

    @Test func `a directory that is away changes nothing`() {
        var (census, board) = (NodeCensus(ttl: .seconds(3)), BeatBoard())
        census.observe(nil, at: start)
        #expect(!census.hasAnswered)
        for second in 0..<2 {
            board.beat(one)
            census.observe(board.snapshot, at: start + .seconds(Int64(second)))
        }
        census.observe(nil, at: start + .seconds(60))
        #expect(census.alive == [one.incarnation])
    }

    @Test func `a beat that goes back is no sign of life`() {
        var (census, board) = (NodeCensus(ttl: .seconds(3)), BeatBoard())
        for second in 0..<2 {
            board.beat(one)
            census.observe(board.snapshot, at: start + .seconds(Int64(second)))
        }
        board.restore(one, beat: 1)
        census.observe(board.snapshot, at: start + .milliseconds(3_500))
        census.observe(board.snapshot, at: start + .seconds(4))
        #expect(census.alive == [])
    }
}
