/// A process of Redis that this node has, wants or makes a connection to.
struct RedisServer: Sendable, Hashable, Comparable {
    enum Role: Sendable, Hashable { case data, sentinel }

    var address: RedisAddress
    var role = Role.data

    static func < (one: Self, other: Self) -> Bool { one.address < other.address }
}
