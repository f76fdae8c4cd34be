import NIOCore
import QuizCluster
import Testing

@Suite struct StoreReachTests {
    private let ttl = TimeAmount.seconds(3)

    private func at(_ seconds: Int64) -> NIODeadline { .uptimeNanoseconds(1_000) + .seconds(seconds) }

    @Test func `looks that fail for longer than the TTL make a node say that it is cut off, and one answer ends it`() {
        var reach = StoreReach(ttl: ttl, now: at(0))
        reach.answered(at: at(1))
        reach.failed(at: at(2))
        reach.failed(at: at(4))
        #expect(!reach.isCutOff)
        reach.failed(at: at(5))
        #expect(reach.isCutOff)
        reach.answered(at: at(6))
        #expect(!reach.isCutOff)
    }

    @Test func `a process that stood still does not say so by itself`() {
        var reach = StoreReach(ttl: ttl, now: at(0))
        reach.answered(at: at(1))
        #expect(!reach.isCutOff)
        reach.answered(at: at(60))
        #expect(!reach.isCutOff)
    }

    @Test func `others are believed cut off when the database has answered here for two TTLs without a break`() {
        var reach = StoreReach(ttl: ttl, now: at(0))
        #expect(!reach.isSteady(at: at(100)))
        reach.answered(at: at(1))
        #expect(!reach.isSteady(at: at(6)))
        #expect(reach.isSteady(at: at(7)))
        reach.failed(at: at(8))
        #expect(!reach.isSteady(at: at(9)))
        reach.answered(at: at(10))
        #expect(!reach.isSteady(at: at(15)))
        #expect(reach.isSteady(at: at(16)))
    }
}
