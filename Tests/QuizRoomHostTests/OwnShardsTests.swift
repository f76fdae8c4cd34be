import QuizModel
import QuizRoomHost
import QuizShards
import Testing

@Suite struct OwnShardsTests {
    private static func term(_ shard: Int, _ epoch: Int64, owner: UInt128 = 1) -> Term {
        Term(shard: ShardID.all[shard], epoch: Epoch(epoch), owner: Incarnation(value: owner))
    }

    private static func shards(answering terms: Term...) -> OwnShards {
        var shards = OwnShards()
        _ = shards.begin(terms)
        _ = shards.finish(terms)
        return shards
    }

    @Test func `a shard is answered for when its rooms are there, not before`() {
        var shards = OwnShards()
        let begun = shards.begin([Self.term(3, 5)])
        #expect(begun.arriving == [Self.term(3, 5)])
        #expect(begun.stale.isEmpty)
        #expect(shards.answered.isEmpty)
        let lost = shards.finish([Self.term(3, 5)])
        #expect(lost.isEmpty)
        #expect(Array(shards.answered.values) == [Self.term(3, 5)])
    }

    @Test func `what is here or on its way under this term is not brought up twice`() {
        var shards = Self.shards(answering: Self.term(3, 5))
        let again = shards.begin([Self.term(3, 5), Self.term(4, 1)])
        #expect(again.arriving == [Self.term(4, 1)])
        let third = shards.begin([Self.term(4, 1)])
        #expect(third.arriving.isEmpty)
    }

    @Test func `rooms of an older term go before those of the new one come`() {
        var shards = Self.shards(answering: Self.term(3, 5))
        let begun = shards.begin([Self.term(3, 7)])
        #expect(begun.stale == [ShardID.all[3]])
        #expect(shards.answered.isEmpty)
    }

    @Test func `news of a term that is over touches nothing newer`() {
        var shards = Self.shards(answering: Self.term(3, 7))
        let old = shards.lose(Self.term(3, 5))
        #expect(!old)
        _ = shards.begin([Self.term(4, 2)])
        let arriving = shards.lose(Self.term(4, 1))
        #expect(!arriving)
        let own = shards.lose(Self.term(3, 7))
        #expect(own)
        #expect(shards.answered.isEmpty)
    }

    @Test func `a shard lost while its rooms come is not answered for, and they go again`() {
        var shards = OwnShards()
        _ = shards.begin([Self.term(3, 5)])
        let isOurs = shards.lose(Self.term(3, 5))
        #expect(isOurs)
        let lost = shards.finish([Self.term(3, 5)])
        #expect(lost == [ShardID.all[3]])
        #expect(shards.answered.isEmpty)
    }

    @Test func `a shard whose rooms were dropped while the fence was asked is not renewed`() {
        // The node's own look at the fences saw the next epoch before the answer to the compare-and-set came.
        var shards = Self.shards(answering: Self.term(3, 5), Self.term(4, 5))
        _ = shards.lose(Self.term(3, 5))
        let kept = shards.renew([Self.term(3, 6), Self.term(4, 6)])
        #expect(kept == [Self.term(4, 6)])
        #expect(shards.answered[ShardID.all[3]] == nil)
        let begun = shards.begin([Self.term(3, 6)])
        #expect(begun.arriving == [Self.term(3, 6)])
    }

    @Test func `what could not be read can be tried again`() {
        var shards = OwnShards()
        _ = shards.begin([Self.term(3, 5)])
        shards.abandon([Self.term(3, 5)])
        let again = shards.begin([Self.term(3, 5)])
        #expect(again.arriving == [Self.term(3, 5)])
    }
}
