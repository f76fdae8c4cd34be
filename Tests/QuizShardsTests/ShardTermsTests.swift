import QuizModel
import QuizShards
import Testing

@Suite struct ShardTermsTests {
    private static func term(_ shard: Int, _ epoch: Int64) -> Term {
        Term(shard: ShardID.all[shard], epoch: Epoch(epoch), owner: Incarnation(value: 1))
    }

    @Test func `it says what a dictionary would`() {
        var terms = ShardTerms()
        var dictionary: [ShardID: Term] = [:]
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<5_000 {
            let shard = Int.random(in: 0..<ShardID.count, using: &generator)
            let term = Bool.random(using: &generator) ? Self.term(shard, .random(in: 1...9, using: &generator)) : nil
            terms[ShardID.all[shard]] = term
            dictionary[ShardID.all[shard]] = term
            #expect(terms.count == dictionary.count)
        }
        #expect(terms.byShard == dictionary)
        #expect(terms.values == dictionary.values.sorted { $0.shard < $1.shard })
        #expect(terms == ShardTerms(dictionary.values))
    }

    @Test func `what was emptied equals what was never filled`() {
        var terms: ShardTerms = [ShardID.all[3]: Self.term(3, 1)]
        #expect(terms != ShardTerms())
        terms[ShardID.all[3]] = nil
        #expect(terms.isEmpty && terms == ShardTerms() && terms.hashValue == ShardTerms().hashValue)
    }

    @Test func `as many terms are not the same terms`() {
        let terms = ShardTerms([Self.term(3, 1), Self.term(9, 1)])
        #expect(terms == ShardTerms([Self.term(9, 1), Self.term(3, 1)]))
        #expect(terms != ShardTerms([Self.term(3, 1), Self.term(9, 2)]))
        #expect(terms != ShardTerms([Self.term(3, 1), Self.term(10, 1)]))
    }
}
