/// Terms by shard, in an array: a node looks at all of its 1,024 shards several times a second, and hashing each of them would cost more than all else in such
/// a look.
///
/// Elements come in shard order.
package struct ShardTerms: Sendable {
    /// Empty until the first term comes, then a place for each shard.
    private var places: [Term?] = []
    package private(set) var count = 0

    package init() {}

    /// - Parameter terms: of several for one shard the last counts.
    package init(_ terms: some Sequence<Term>) {
        for term in terms { self[term.shard] = term }
    }

    package var isEmpty: Bool { count == 0 }

    package subscript(shard: ShardID) -> Term? {
        get { places.isEmpty ? nil : places[shard.index] }
        set {
            if places.isEmpty {
                guard newValue != nil else { return }
                places = [Term?](repeating: nil, count: ShardID.count)
            }
            count += (newValue == nil ? 0 : 1) - (places[shard.index] == nil ? 0 : 1)
            places[shard.index] = newValue
        }
    }

    package var values: [Term] { Array(self) }

    package var byShard: [ShardID: Term] { Dictionary(uniqueKeysWithValues: map { ($0.shard, $0) }) }
}

extension ShardTerms: Sequence {
    package struct Iterator: IteratorProtocol {
        private let places: [Term?]
        private var index = 0
        /// Who has few shards is through with them early.
        private var left: Int

        fileprivate init(_ terms: ShardTerms) {
            places = terms.places
            left = terms.count
        }

        package mutating func next() -> Term? {
            while left > 0 {
                defer { index += 1 }
                if let term = places[index] {
                    left -= 1
                    return term
                }
            }
            return nil
        }
    }

    package func makeIterator() -> Iterator { Iterator(self) }
    package var underestimatedCount: Int { count }
}

extension ShardTerms: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (ShardID, Term)...) {
        for (shard, term) in elements { self[shard] = term }
    }
}

extension ShardTerms: Hashable {
    package static func == (left: ShardTerms, right: ShardTerms) -> Bool {
        left.count == right.count && left.elementsEqual(right)
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(values) }
}
