import NIOConcurrencyHelpers
import QuizCluster
import QuizModel
import QuizShards
import Testing

@Suite struct ShardTableTests {
    @Test func `the higher epoch is believed, whatever comes later`() {
        let table = ShardTable()
        table.hear([Cast.term(3, 5, 1)])
        table.hear([Cast.term(3, 4, 2), Cast.term(3, 5, 2)])
        #expect(table.term(of: ShardID.all[3]) == Cast.term(3, 5, 1))
        table.hear([Cast.term(3, 6, 2)])
        #expect(table.term(of: ShardID.all[3]) == Cast.term(3, 6, 2))
        #expect(table.terms.count == 1)
        #expect(table.term(of: ShardID.all[4]) == nil)
    }

    @Test func `the fence itself corrects the owner of the same epoch, but brings no older one back`() {
        let table = ShardTable()
        table.hear([Cast.term(3, 5, 1)])
        table.hear([Cast.term(3, 5, 2)], isCertain: true)
        #expect(table.term(of: ShardID.all[3]) == Cast.term(3, 5, 2))
        table.hear([Cast.term(3, 4, 1)], isCertain: true)
        #expect(table.term(of: ShardID.all[3]) == Cast.term(3, 5, 2))
    }

    @Test func `watchers are told the shards that changed, and nothing when none did`() {
        let table = ShardTable()
        let told = NIOLockedValueBox<[Set<ShardID>]>([])
        table.watch { shards in told.withLockedValue { $0.append(shards) } }
        table.hear([Cast.term(1, 1, 1), Cast.term(2, 1, 1)])
        table.hear([Cast.term(1, 1, 1), Cast.term(2, 2, 2)])
        table.hear([Cast.term(1, 1, 1)], isCertain: true)
        #expect(told.withLockedValue { $0 } == [[ShardID.all[1], ShardID.all[2]], [ShardID.all[2]]])
    }

    @Test func `a room's code finds its shard's term`() throws {
        let table = ShardTable()
        let code = try #require(RoomCode("ABCDEFG"))
        table.hear([Cast.term(ShardID(of: code).index, 2, 1)])
        #expect(table.term(of: code)?.epoch == Epoch(2))
    }
}
