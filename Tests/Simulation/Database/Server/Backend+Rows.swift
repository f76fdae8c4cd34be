/// Reading and changing rows, as a statement's parts do it.
extension Backend {
    typealias Path<Key: Hashable & Comparable & Sendable, Row: Sendable> = WritableKeyPath<Tables, Table<Key, Row>>

    func row<Key, Row>(_ table: Path<Key, Row>, _ key: Key, _ snapshot: Snapshot) -> Row? {
        server.tables[keyPath: table].row(key, snapshot, server.transactions)
    }

    func rows<Key, Row>(
        _ table: Path<Key, Row>, _ snapshot: Snapshot, in range: ClosedRange<Key>? = nil
    ) -> [(key: Key, row: Row)] {
        server.tables[keyPath: table].rows(snapshot, server.transactions, in: range)
    }

    /// Locks a row that the statement's snapshot shows, and judges its newest version: somebody may have changed it
    /// since the snapshot, or during the wait.
    ///
    /// - Parameters:
    ///   - suits: the statement's condition.
    ///   - then: the newest version; nil: skipped, gone, or it does not suit any more.
    func lockRow<Key, Row>(
        _ table: Path<Key, Row>, _ key: Key, _ mode: LockMode, _ policy: LockPolicy = .wait,
        where suits: @escaping (Row) -> Bool = { _ in true }, then: @escaping (Row?) -> Void
    ) {
        let before = waits
        lock(address(table, key), mode, policy) { [self] isLocked in
            guard isLocked else { return then(nil) }
            if waits > before { server.statistics.count(.rowRechecked) }
            let newest = server.tables[keyPath: table].newest(key, for: xid, server.transactions)
            guard let newest, suits(newest) else {
                server.statistics.count(.rowLostInWait)
                return then(nil)
            }
            then(newest)
        }
    }

    /// What an insert does when its key is there already.
    enum OnConflict { case ignore, refuse }

    /// Inserts a row. One that another transaction is just inserting or removing is waited for.
    ///
    /// - Parameter then: false: it was there, and was left alone.
    func insert<Key, Row>(
        _ table: Path<Key, Row>, _ key: Key, _ row: Row, onConflict: OnConflict = .ignore,
        then: @escaping (Bool) -> Void
    ) {
        if server.diskIsFull { return fail("53100", "could not extend file: No space left on device") }
        switch server.tables[keyPath: table].obstacle(key, for: xid, server.transactions) {
        case .none:
            willWrite()
            server.tables[keyPath: table].insert(key, row, by: xid, command: commandNumber)
            then(true)
        case .taken:
            guard onConflict == .ignore else { return fail("23505", "duplicate key value violates unique constraint") }
            server.statistics.count(.conflictIgnored)
            then(false)
        case .undecided(let other):
            server.statistics.count(.insertWaited)
            wait(for: .transaction(other)) { [self] in insert(table, key, row, onConflict: onConflict, then: then) }
        }
    }

    /// `INSERT … ON CONFLICT DO UPDATE`.
    ///
    /// - Parameters:
    ///   - change: from the newest version to the next one, nil: the WHERE behind it does not hold; without one the
    ///     row is replaced by `row`.
    ///   - then: what stands there now; nil: nothing was written.
    func upsert<Key, Row>(
        _ table: Path<Key, Row>, _ key: Key, _ row: Row, change: ((Row) -> Row?)? = nil,
        then: @escaping (Row?) -> Void
    ) {
        if server.diskIsFull { return fail("53100", "could not extend file: No space left on device") }
        let again = { [self] in upsert(table, key, row, change: change, then: then) }
        switch server.tables[keyPath: table].obstacle(key, for: xid, server.transactions) {
        case .none:
            willWrite()
            server.tables[keyPath: table].insert(key, row, by: xid, command: commandNumber)
            then(row)
        case .undecided(let other):
            server.statistics.count(.insertWaited)
            wait(for: .transaction(other), again)
        case .taken:
            lock(address(table, key), .noKeyUpdate, .wait) { [self] _ in
                // It may have been removed during the wait.
                guard let newest = server.tables[keyPath: table].newest(key, for: xid, server.transactions) else {
                    return again()
                }
                guard let next = change.map({ $0(newest) }) ?? row else { return then(nil) }
                replace(table, key, with: next)
                then(next)
            }
        }
    }

    /// Changes or, with nil, deletes a row that the transaction has locked.
    func replace<Key, Row>(_ table: Path<Key, Row>, _ key: Key, with row: Row?) {
        willWrite()
        server.tables[keyPath: table].replace(
            key, with: row, by: xid, command: commandNumber, server.transactions)
    }

    /// Does something with each item, one step after the other.
    func each<Item>(
        _ items: [Item], _ body: @escaping (Item, _ next: @escaping () -> Void) -> Void, then: @escaping () -> Void
    ) {
        var iterator = items.makeIterator()
        func next() {
            guard let item = iterator.next() else { return then() }
            step { body(item, next) }
        }
        next()
    }

    private func address<Key, Row>(_ table: Path<Key, Row>, _ key: Key) -> RowAddress {
        RowAddress(table: server.tables[keyPath: table].name, key: AnyHashable(key))
    }
}
