/// The four strengths of PostgreSQL's row locks.
///
/// Source: PostgreSQL documentation, 13.3.2, table "Conflicting Row-Level Locks". An update of columns outside every key
/// takes `noKeyUpdate`, a deletion `update`.
enum LockMode: Int, Comparable, Sendable {
    case keyShare, share, noKeyUpdate, update

    static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    func conflicts(with other: LockMode) -> Bool {
        switch (min(self, other), max(self, other)) {
        case (.keyShare, .update): true
        case (.keyShare, _), (.share, .share): false
        default: true
        }
    }
}

/// What a statement does with a row somebody else holds.
enum LockPolicy: Sendable {
    case wait, skip
}

/// The queue of those who wait for one row. The first in it waits for the holders' transactions; the others wait for
/// him. Whoever does not conflict with the holders never comes here, and so overtakes.
struct RowQueue {
    private(set) var holders: [(backend: Int, mode: LockMode)] = []
    private(set) var waiting: [(backend: Int, mode: LockMode)] = []

    var isEmpty: Bool { holders.isEmpty && waiting.isEmpty }

    /// - Returns: false: the backend must wait until `leave` names it.
    mutating func enter(_ backend: Int, _ mode: LockMode) -> Bool {
        if holders.contains(where: { $0.backend == backend }) { return true }
        guard !(holders + waiting).contains(where: { $0.mode.conflicts(with: mode) }) else {
            waiting.append((backend, mode))
            return false
        }
        holders.append((backend, mode))
        return true
    }

    /// - Returns: who need not wait any more.
    mutating func leave(_ backend: Int) -> [Int] {
        holders.removeAll { $0.backend == backend }
        waiting.removeAll { $0.backend == backend }
        var woken: [Int] = []
        var stillWaiting: [(backend: Int, mode: LockMode)] = []
        for next in waiting {
            if (holders + stillWaiting).contains(where: { $0.mode.conflicts(with: next.mode) }) {
                stillWaiting.append(next)
            } else {
                holders.append(next)
                woken.append(next.backend)
            }
        }
        waiting = stillWaiting
        return woken
    }

    /// Whom a waiting backend waits for.
    func blockers(of backend: Int) -> [Int] {
        guard let place = waiting.firstIndex(where: { $0.backend == backend }) else { return [] }
        let mode = waiting[place].mode
        return (holders + waiting[..<place]).filter { $0.mode.conflicts(with: mode) }.map(\.backend)
    }
}
