import QuizCluster
import QuizModel
import QuizShards
import Testing

@Suite struct ShardReferenceTests {
    @Test(arguments: [("0", 0), ("1023", 1_023), ("77", 77)])
    func `a number names its shard`(text: String, index: Int) {
        #expect(ShardReference(text)?.shard.index == index)
        #expect(ShardReference(text)?.code == nil)
    }

    @Test func `a room code names the shard it falls into, in either case`() throws {
        let code = try #require(RoomCode("ABCDEFG"))
        #expect(ShardReference("ABCDEFG")?.shard == ShardID(of: code))
        #expect(ShardReference("abcdefg")?.code == code)
        #expect(ShardReference("2345678")?.code == RoomCode("2345678"))
    }

    @Test(arguments: ["", "-1", "1024", "007", "+7", " 7", "7 ", "ABCDEF", "ABCDEFGH", "ABCDEF0", "node-1"])
    func `everything else names nothing`(text: String) {
        #expect(ShardReference(text) == nil)
    }
}
