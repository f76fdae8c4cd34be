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

    package var values: [Term] { places.compactMap { $0 } }

    package var byShard: [ShardID: Term] { Dictionary(uniqueKeysWithValues: map { ($0.shard, $0) }) }
}

extension ShardTerms: Sequence {
    package struct Iterator: IteratorProtocol {
        private let places: [Term?]
        private var index = 0

        fileprivate init(places: [Term?]) { self.places = places }

        package mutating func next() -> Term? {
            while index < places.count {
                defer { index += 1 }
                if let term = places[index] { return term }
            }
            return nil
        }
    }

    package func makeIterator() -> Iterator { Iterator(places: places) }
    package var underestimatedCount: Int { count }
}

extension ShardTerms: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (ShardID, Term)...) {
        for (shard, term) in elements { self[shard] = term }
    }
}

extension ShardTerms: Hashable {
    package static func == (left: ShardTerms, right: ShardTerms) -> Bool {
        left.count == right.count && (left.isEmpty || left.places == right.places)
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(values) }
}
