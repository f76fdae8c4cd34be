import QuizCluster
import QuizModel
import QuizRoomHost
import QuizShards

/// Three nodes, the links between two of them, the fences and the journal, as one value. A and B hand shards to each other by the real machines; C takes over
/// what it believes abandoned, rightly or not.
///
/// What happens next is one of `steps()`. Faults are bounded by `Budget`, so that there is an end to every way through.
struct HandOffWorld: Hashable {
    /// How often each fault, and what is not a fault but would go on for ever, may still happen.
    struct Budget: Hashable {
        /// Hand-offs that are begun.
        var handOffs = 1
        var appends = 0
        var brokenLinks = 0
        var crashes = 0
        /// Answers of the database that are lost; the statement may be executed later, or never.
        var lostAnswers = 0
        /// C takes over from somebody alive.
        var wrongTakeOvers = 0
        var refusals = 0
    }

    /// A mistake in the wiring that the exploration must find.
    enum Plant: Hashable, CaseIterable {
        case resumesWithoutAskingTheFence, believesEveryFinished, readsBeforeTheMove, renewsWhatWasDropped,
            losesWhatIsNewer, appendsUnfenced, movesUncompared
    }

    enum Message: Hashable {
        case prepare(Int, [Term])
        case prepared(Int, Bool)
        case final(Int, [Term])
        case finished(Int, [Term])
    }

    /// A compare-and-set on its way to the database.
    struct Move: Hashable {
        var expected: [Term]
        var to: Int
    }

    enum Call: Hashable {
        case sent(Move)
        case answered([Term])
    }

    /// The rooms of one shard at one node.
    struct Rooms: Hashable {
        var term: Term
        /// Rows of the journal they know.
        var head: Int
        var isStanding = false
        var isAppending = false
    }

    struct Giving: Hashable {
        enum Wait: Hashable { case answer, rest, database }
        var number: Int
        var to: Int
        var machine: HandOffMachine
        var wait = Wait.answer
        var call: Call?
    }

    struct Taking: Hashable {
        var number: Int
        var from: Int
        var expected: [Term]
        var machine = HandOffTakingMachine()
        var call: Call?
    }

    /// Rooms that are read and not yet answered for.
    struct Arrival: Hashable {
        var terms: [Term]
        var heads: [Int]
        /// Whether a hand-off waits for it.
        var isTaken: Bool
    }

    /// A look at the fences: what the node thought it had, and what it read.
    struct Look: Hashable {
        var expected: [Term]
        var found: [Term]
    }

    struct Node: Hashable {
        var isAlive = true
        var shards = OwnShards()
        var rooms: [Rooms?]
        var giving: Giving?
        var taking: Taking?
        var arrivals: Set<Arrival> = []
        var look: Look?

        /// Shards in hands already: the node's own watch leaves them alone.
        var busy: Set<ShardID> {
            Set((giving?.machine.terms ?? []).map(\.shard) + (taking?.expected ?? []).map(\.shard))
        }
    }

    static let names = ["A", "B", "C"]
    static let owners = [Cast.incarnation(1), Cast.incarnation(2), Cast.incarnation(3)]

    let plant: Plant?
    var budget: Budget
    var nodes: [Node]
    var fences: [Term]
    /// Committed rows of each shard.
    var journal: [Int]
    /// From A to B, and from B to A.
    var links: [[Message]] = [[], []]
    /// Statements whose sender has given them up.
    var orphans: Set<Move> = []
    /// What C has read of a shard before it takes it.
    var takeOver: Term?
    var handOffsBegun = 0
    /// Somebody dropped rooms of a term that is in force.
    var hasDroppedItsOwn = false

    /// A has all shards, and one row is in the journal of each.
    init(shards: Int, budget: Budget, plant: Plant? = nil) {
        self.budget = budget
        self.plant = plant
        fences = (0..<shards).map { Cast.term($0, 1, 1) }
        journal = [Int](repeating: 1, count: shards)
        nodes = [Node](repeating: Node(rooms: [Rooms?](repeating: nil, count: shards)), count: 3)
        _ = nodes[0].shards.begin(fences)
        _ = nodes[0].shards.finish(fences)
        nodes[0].rooms = fences.map { Rooms(term: $0, head: 1) }
    }

    // MARK: - What must hold

    /// What is wrong with this state; nil: nothing.
    var breach: String? {
        if hasDroppedItsOwn { return "somebody drops what is its own" }
        for (shard, fence) in fences.enumerated() {
            let speaking = nodes.indices.filter { node in
                nodes[node].isAlive && nodes[node].rooms[shard].map { $0.term == fence && !$0.isStanding } ?? false
            }
            if speaking.count > 1 { return "shard \(shard) has two speakers" }
            for (index, node) in nodes.enumerated() where node.isAlive {
                guard let rooms = node.rooms[shard] else { continue }
                // C asks nobody, so whoever loses a shard to it notices later. Between A and B somebody always stands.
                if rooms.term != fence, !rooms.isStanding, fence.owner != Self.owners[2] {
                    return "\(Self.names[index]) speaks for shard \(shard) under a term that a hand-off has ended"
                }
                guard rooms.term == fence else { continue }
                if rooms.head != journal[shard] {
                    return "shard \(shard): the owner knows \(rooms.head) of \(journal[shard]) rows"
                }
            }
        }
        return nil
    }

    /// What is wrong when nothing can happen any more.
    var finalBreach: String? {
        for (shard, fence) in fences.enumerated() {
            for (index, node) in nodes.enumerated() where node.isAlive {
                let name = Self.names[index]
                if fence.owner == Self.owners[index] {
                    guard node.shards.answered[fence.shard] == fence else {
                        return "\(name) owns shard \(shard) and does not answer for it"
                    }
                    guard let rooms = node.rooms[shard], rooms.term == fence else {
                        return "\(name) answers for shard \(shard) without its rooms"
                    }
                    if rooms.isStanding { return "the rooms of shard \(shard) stand still at \(name)" }
                } else if node.rooms[shard] != nil || node.shards.answered[fence.shard] != nil {
                    return "\(name) still has shard \(shard), which is another's"
                }
            }
        }
        return nil
    }
}
