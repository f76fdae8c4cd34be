/// Which master of a Redis Cluster has which slot.
struct RedisSlotMap: Sendable, Hashable {
    /// A cluster with more masters is not used.
    static let mastersMax = 256
    private static let nobody = UInt16.max

    /// Everybody who has a slot, or had one when the map was read.
    private(set) var masters: [RedisAddress] = []
    /// A slot's place in `masters`.
    private var owners = [UInt16](repeating: nobody, count: RedisSlot.count)

    init() {}

    /// Reads the answer to `CLUSTER SLOTS`.
    ///
    /// - Parameter server: who was asked; it is meant where a master is named by its port alone.
    /// - Returns: nil when it is no such answer, or gives nobody a slot.
    init?(_ reply: RedisReply, from server: RedisAddress) {
        guard let ranges = reply.elements else { return nil }
        for range in ranges {
            guard let parts = range.elements, parts.count >= 3, let first = parts[0].integer,
                let last = parts[1].integer,
                let master = parts[2].elements, master.count >= 2, let port = master[1].integer,
                first <= last, let from = RedisSlot(index: Int(clamping: first)),
                let to = RedisSlot(index: Int(clamping: last)), (1...65_535).contains(port)
            else { return nil }
            // Nothing, an empty text and "?" say that it does not know how others reach it.
            let host = master[0].text.flatMap { ["", "?"].contains($0) ? nil : $0 } ?? server.host
            guard assign(from...to, to: RedisAddress(host: host, port: Int(port))) else { return nil }
        }
        if masters.isEmpty { return nil }
    }

    /// Nil: nobody is known to have it.
    subscript(_ slot: RedisSlot) -> RedisAddress? {
        let owner = owners[slot.index]
        return owner == Self.nobody ? nil : masters[Int(owner)]
    }

    /// - Returns: false: there are too many masters, and nothing was changed.
    mutating func assign(_ slots: ClosedRange<RedisSlot>, to master: RedisAddress) -> Bool {
        if !masters.contains(master) {
            guard masters.count < Self.mastersMax else { return false }
            masters.append(master)
        }
        guard let place = masters.firstIndex(of: master) else { return false }
        for index in slots.lowerBound.index...slots.upperBound.index { owners[index] = UInt16(place) }
        return true
    }
}

extension RedisSlot: Comparable {
    static func < (one: Self, other: Self) -> Bool { one.index < other.index }
}
