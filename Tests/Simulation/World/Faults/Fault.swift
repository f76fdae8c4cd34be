/// One thing that goes wrong, or that an operator does.
enum Fault: Hashable {
    /// - Parameter isSilent: the machine is gone too, so that nobody closes its connections.
    case crash(node: Int, isSilent: Bool, downMs: Int)
    case stop(node: Int, forMs: Int)
    case partition(node: Int, from: Int, isOneWay: Bool, forMs: Int)
    case breakLink(node: Int, other: Int)
    case slowLinks(node: Int, byMs: Int, forMs: Int)
    case cutFromRedis(node: Int, isDeaf: Bool, forMs: Int)
    case cutFromDatabase(node: Int, isDeaf: Bool, forMs: Int)
    case redisForgets
    case redisLosesSeconds
    case redisAway(forMs: Int)
    case databaseStalls(forMs: Int)
    case databaseRestarts(downMs: Int)
    case databaseFailsOver(downMs: Int)
    case standbyAway(forMs: Int)
    case diskFull(forMs: Int)
    case backendEnds
    case commitCancelled
    /// The database refuses the data of the room that nobody has to finish.
    case roomRefused
    case wallClockJumps(node: Int, bySeconds: Int)
    case clientDrops(Int)
    // Operators.
    case drain(node: Int, forMs: Int)
    case pin(room: Int, node: Int)
    case rebalance
    case restart(node: Int)
    case rollingRestart

    /// A word for counting.
    var word: String {
        switch self {
        case .crash(_, let isSilent, _): isSilent ? "crash of a machine" : "crash"
        case .stop: "stop"
        case .partition(_, _, let isOneWay, _): isOneWay ? "partition one way" : "partition"
        case .breakLink: "broken link"
        case .slowLinks: "slow links"
        case .cutFromRedis(_, let isDeaf, _): isDeaf ? "no answers from Redis" : "cut off from Redis"
        case .cutFromDatabase(_, let isDeaf, _): isDeaf ? "no answers from the database" : "cut off from the database"
        case .redisForgets: "Redis forgets"
        case .redisLosesSeconds: "Redis loses seconds"
        case .redisAway: "Redis away"
        case .databaseStalls: "database stalls"
        case .databaseRestarts: "database restarts"
        case .databaseFailsOver: "database fails over"
        case .standbyAway: "standby away"
        case .diskFull: "disk full"
        case .backendEnds: "backend ends"
        case .commitCancelled: "commit cancelled"
        case .roomRefused: "room refused"
        case .wallClockJumps: "wall clock jumps"
        case .clientDrops: "client drops"
        case .drain: "drain"
        case .pin: "pin"
        case .rebalance: "rebalance"
        case .restart: "restart"
        case .rollingRestart: "rolling restart"
        }
    }

    /// Every word, for "never happened".
    static let words = [
        "crash of a machine", "crash", "stop", "partition one way", "partition", "broken link", "slow links",
        "no answers from Redis", "cut off from Redis", "no answers from the database", "cut off from the database",
        "Redis forgets", "Redis loses seconds", "Redis away", "database stalls", "database restarts",
        "database fails over", "standby away", "disk full", "backend ends", "commit cancelled", "room refused",
        "wall clock jumps", "client drops",
        "drain", "pin", "rebalance", "restart", "rolling restart",
    ]

    /// How long it may keep a room from having an owner, or a session from reaching it; 0: not at all.
    var disturbsMs: Int64 {
        switch self {
        case .crash(_, _, let ms): Int64(ms) + 8_000
        // A node that was stopped comes back to what has happened without it.
        case .stop(_, let ms): Int64(ms) + 5_000
        case .partition(_, _, _, let ms), .slowLinks(_, _, let ms), .cutFromRedis(_, _, let ms),
            .cutFromDatabase(_, _, let ms), .redisAway(let ms), .databaseStalls(let ms), .databaseRestarts(let ms),
            .databaseFailsOver(let ms), .standbyAway(let ms), .diskFull(let ms):
            Int64(ms) + 5_000
        case .redisForgets, .redisLosesSeconds: 8_000
        case .backendEnds, .commitCancelled, .roomRefused: 5_000
        case .breakLink, .wallClockJumps, .clientDrops, .drain, .pin, .rebalance: 0
        // Its sessions go elsewhere; rooms are handed over before.
        case .restart: 0
        case .rollingRestart: 0
        }
    }

    /// - Parameter isCalm: nothing breaks; operators move things about, and players' networks fail.
    static func draw(
        _ generator: inout SeededGenerator, nodes: Int, rooms: Int, clients: Int, isCalm: Bool
    ) -> Fault {
        let node = generator.pick(0...nodes - 1)
        let other = (node + generator.pick(1...max(1, nodes - 1))) % nodes
        let ms = generator.pick(100...(generator.oneIn(3) ? 9_000 : 2_500))
        switch generator.pick(isCalm ? 13...20 : 0...26) {
        case 0: return .crash(node: node, isSilent: generator.oneIn(3), downMs: generator.pick(200...6_000))
        case 1: return .crash(node: node, isSilent: false, downMs: generator.pick(1...300))
        case 2, 3: return .stop(node: node, forMs: ms)
        case 4: return .partition(node: node, from: other, isOneWay: false, forMs: ms)
        case 5: return .partition(node: node, from: other, isOneWay: true, forMs: ms)
        case 6: return .slowLinks(node: node, byMs: generator.pick(5...300), forMs: ms)
        case 7: return .cutFromRedis(node: node, isDeaf: generator.oneIn(2), forMs: ms)
        case 8, 9: return .cutFromDatabase(node: node, isDeaf: generator.oneIn(2), forMs: ms)
        case 10: return generator.oneIn(2) ? .redisForgets : .redisLosesSeconds
        case 11: return .redisAway(forMs: ms)
        case 12: return .databaseStalls(forMs: ms)
        case 13: return .breakLink(node: node, other: other)
        case 14: return .wallClockJumps(node: node, bySeconds: generator.pick(-7_200...7_200))
        case 15, 16: return .clientDrops(generator.pick(0...clients - 1))
        case 17: return .drain(node: node, forMs: generator.pick(1_000...6_000))
        case 18: return generator.oneIn(3) ? .rebalance : .pin(room: generator.pick(0...rooms - 1), node: node)
        case 19: return .restart(node: node)
        case 20: return .rollingRestart
        case 21: return .databaseRestarts(downMs: generator.pick(100...3_000))
        case 22: return .databaseFailsOver(downMs: generator.pick(100...4_000))
        case 23: return .standbyAway(forMs: ms)
        case 24: return .diskFull(forMs: ms)
        case 25: return generator.oneIn(3) ? .commitCancelled : .backendEnds
        default: return .roomRefused
        }
    }
}
