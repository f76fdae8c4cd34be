/// Rows with their versions, in the order of their keys. Keys never change.
struct Table<Key: Hashable & Comparable & Sendable, Row: Sendable> {
    struct Version {
        let row: Row
        let madeBy: Xid
        let madeIn: Int
        /// Who replaced or deleted it; counts only once that transaction has committed.
        var endedBy: Xid?
        var endedIn = 0
    }

    /// What stands in the way of a new row.
    enum Obstacle {
        case none
        case taken
        /// Somebody inserts or removes it just now.
        case undecided(Xid)
    }

    let name: RowAddress.Name
    private var sorted: [Key] = []
    /// Of each of them, the oldest first.
    private var versions: [[Version]] = []

    init(_ name: RowAddress.Name) { self.name = name }

    // MARK: Reading

    func row(_ key: Key, _ snapshot: Snapshot, _ transactions: Transactions) -> Row? {
        place(at: key).flatMap { row(at: $0, snapshot, transactions) }
    }

    private func row(at place: Int, _ snapshot: Snapshot, _ transactions: Transactions) -> Row? {
        versions[place].last { version in
            guard transactions.sees(snapshot, version.madeBy, version.madeIn) else { return false }
            guard let end = version.endedBy else { return true }
            return !transactions.sees(snapshot, end, version.endedIn)
        }?.row
    }

    func rows(
        _ snapshot: Snapshot, _ transactions: Transactions, in range: ClosedRange<Key>? = nil
    ) -> [(key: Key, row: Row)] {
        var found: [(key: Key, row: Row)] = []
        var index = range.map { place(of: $0.lowerBound) } ?? 0
        while index < sorted.count {
            let key = sorted[index]
            if let range, key > range.upperBound { break }
            if let row = row(at: index, snapshot, transactions) { found.append((key, row)) }
            index += 1
        }
        return found
    }

    /// The newest version that has committed or is `xid`'s own: what a row lock shows behind a wait.
    func newest(_ key: Key, for xid: Xid, _ transactions: Transactions) -> Row? {
        versions(of: key).last { version in
            guard version.madeBy == xid || transactions.isCommitted(version.madeBy) else { return false }
            guard let end = version.endedBy else { return true }
            return !(end == xid || transactions.isCommitted(end))
        }?.row
    }

    func obstacle(_ key: Key, for xid: Xid, _ transactions: Transactions) -> Obstacle {
        for version in versions(of: key).reversed() {
            if version.madeBy != xid {
                if transactions.isRunning(version.madeBy) { return .undecided(version.madeBy) }
                guard transactions.isCommitted(version.madeBy) else { continue }
            }
            guard let end = version.endedBy else { return .taken }
            if end == xid || transactions.isCommitted(end) { continue }
            return transactions.isRunning(end) ? .undecided(end) : .taken
        }
        return .none
    }

    // MARK: Writing

    mutating func insert(_ key: Key, _ row: Row, by xid: Xid, command: Int) {
        let place = place(of: key)
        if place == sorted.count || sorted[place] != key {
            sorted.insert(key, at: place)
            versions.insert([], at: place)
        }
        versions[place].append(Version(row: row, madeBy: xid, madeIn: command))
    }

    /// - Parameter row: nil deletes it.
    mutating func replace(_ key: Key, with row: Row?, by xid: Xid, command: Int, _ transactions: Transactions) {
        guard
            let place = place(at: key),
            let index = versions[place].lastIndex(where: { version in
                guard version.madeBy == xid || transactions.isCommitted(version.madeBy) else { return false }
                guard let end = version.endedBy else { return true }
                return !(end == xid || transactions.isCommitted(end))
            })
        else { return }
        versions[place][index].endedBy = xid
        versions[place][index].endedIn = command
        if let row { versions[place].append(Version(row: row, madeBy: xid, madeIn: command)) }
    }

    private func versions(of key: Key) -> [Version] { place(at: key).map { versions[$0] } ?? [] }

    /// Nil: the key has never been there.
    private func place(at key: Key) -> Int? {
        let place = place(of: key)
        return place < sorted.count && sorted[place] == key ? place : nil
    }

    /// The first place whose key is not before `key`.
    private func place(of key: Key) -> Int {
        var (low, high) = (0, sorted.count)
        while low < high {
            let middle = (low + high) / 2
            if sorted[middle] < key { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
