internal import DequeModule

/// The names seen last, to recognise what is sent again.
struct RecentNames<Name: Hashable & Sendable>: Sendable {
    private let capacity: Int
    private var names: Set<Name> = []
    private var order: Deque<Name> = []

    init(capacity: Int) { self.capacity = capacity }

    /// False: it was there already. The oldest name is forgotten when there are too many.
    mutating func insert(_ name: Name) -> Bool {
        guard names.insert(name).inserted else { return false }
        order.append(name)
        if order.count > capacity { names.remove(order.removeFirst()) }
        return true
    }
}
