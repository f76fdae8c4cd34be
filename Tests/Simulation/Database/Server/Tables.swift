internal import QuizModel
internal import QuizRoomHost
internal import QuizShards

/// The tables of the schema as far as rooms and the cluster need them.
struct Tables {
    struct Fence: Hashable, Sendable {
        var epoch: Int64
        var owner: Incarnation
    }

    struct Room: Sendable {
        var record: RoomRecord
        var closedAtMs: Int64?
    }

    struct Code: Sendable {
        var room: RoomID
        var lentAtMs: Int64
    }

    struct Plan: Hashable, Sendable {
        var target: Incarnation
        var reason: MoveReason
        var note: String
    }

    struct Move: Hashable, Sendable {
        var from: Incarnation?
        var to: Incarnation
        var reason: MoveReason
        var note: String
        var movedAtMs: Int64
    }

    struct NodeSetting: Hashable, Sendable {
        var weight: Int?
        var isDraining = false
    }

    struct Pair<First: Hashable & Comparable & Sendable, Second: Hashable & Comparable & Sendable>: Hashable,
        Comparable, Sendable
    {
        var first: First
        var second: Second

        init(_ first: First, _ second: Second) {
            self.first = first
            self.second = second
        }

        static func < (left: Self, right: Self) -> Bool {
            left.first != right.first ? left.first < right.first : left.second < right.second
        }
    }

    typealias RowNumber = Pair<RoomID, Int64>

    /// −1 is the coordinator's term.
    var fence = Table<Int, Fence>(.fence)
    var rooms = Table<RoomID, Room>(.rooms)
    var codes = Table<String, Code>(.codes)
    var journal = Table<RowNumber, JournalEntry>(.journal)
    var snapshots = Table<RowNumber, StoredSnapshot>(.snapshots)
    var results = Table<GameID, StoredResult>(.results)
    var plan = Table<Int, Plan>(.plan)
    var moves = Table<Pair<Int, Int64>, Move>(.moves)
    var nodes = Table<String, NodeSetting>(.nodes)
    var pins = Table<Int, String>(.pins)
    /// One row, with the key 0.
    var rebalances = Table<Int, Int64>(.rebalances)
}

extension Tables.RowNumber {
    /// Numbers of one room, both ends included.
    static func range(_ room: RoomID, _ first: Int64 = .min, _ last: Int64 = .max) -> ClosedRange<Tables.RowNumber> {
        Tables.RowNumber(room, first)...Tables.RowNumber(room, last)
    }
}

/// A row of some table, for locks.
struct RowAddress: Hashable {
    enum Name { case fence, rooms, codes, journal, snapshots, results, plan, moves, nodes, pins, rebalances }

    let table: Name
    let key: AnyHashable
}
