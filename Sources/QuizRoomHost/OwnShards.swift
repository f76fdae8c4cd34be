package import QuizShards

/// Which shards this node answers for, and under which terms.
///
/// A shard arrives when its fence has been won: its rooms are read and brought up (`begin`), and only then does the node answer for it (`finish`). It leaves when its term is
/// over. The fence may move on at any time between, and whoever tells so may speak of a term that is long over here: so `lost` names the term it means.
///
/// **Invariant.** A shard that is answered for under a term was brought up under that term, or went on from the term before without its rooms being dropped.
package struct OwnShards: Sendable, Hashable {
    /// Shards the node answers for.
    package private(set) var answered = ShardTerms()
    /// Shards whose rooms are being brought up.
    private var arriving: [ShardID: Term] = [:]

    package init() {}

    /// The fences of these shards have been won.
    ///
    /// - Returns: `arriving` are those whose rooms are to be brought up now; what the node answers for, or is bringing up, under this very term stays as it is. `stale`
    ///   are shards whose rooms of an older term are still here: they must go first, or there would be two copies.
    package mutating func begin(_ terms: [Term]) -> (arriving: [Term], stale: [ShardID]) {
        let new = terms.filter { answered[$0.shard] != $0 && arriving[$0.shard] != $0 }
        let stale = new.map(\.shard).filter { answered[$0] != nil || arriving[$0] != nil }
        for term in new {
            answered[term.shard] = nil
            arriving[term.shard] = term
        }
        return (new, stale)
    }

    /// The rooms of these are there.
    ///
    /// - Returns: the shards that were lost meanwhile; the rooms brought up for them must go.
    package mutating func finish(_ terms: [Term]) -> [ShardID] {
        var lost: [ShardID] = []
        for term in terms {
            if arriving[term.shard] == term {
                arriving[term.shard] = nil
                answered[term.shard] = term
            } else if answered[term.shard] == nil, arriving[term.shard] == nil {
                lost.append(term.shard)
            }
        }
        return lost
    }

    /// The rooms of these could not be read. They are tried again.
    package mutating func abandon(_ terms: [Term]) {
        for term in terms where arriving[term.shard] == term { arriving[term.shard] = nil }
    }

    /// The shards stay under these terms, which this node has won from its own.
    ///
    /// - Returns: those whose rooms are still here. Of the others the rooms were dropped when somebody saw the fence move: they must be brought up again.
    package mutating func renew(_ terms: [Term]) -> [Term] {
        let kept = terms.filter { term in answered[term.shard].map { $0.epoch <= term.epoch } ?? false }
        for term in kept { answered[term.shard] = term }
        return kept
    }

    /// This term is over: the shard was given away, or somebody read that the fence has another.
    ///
    /// - Returns: whether rooms must be dropped; false when the term is not this node's (any more): the shard may be back under a newer one.
    package mutating func lose(_ term: Term) -> Bool {
        guard answered[term.shard] == term || arriving[term.shard] == term else { return false }
        answered[term.shard] = nil
        arriving[term.shard] = nil
        return true
    }
}
