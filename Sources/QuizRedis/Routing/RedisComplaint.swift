/// Why a server has not executed a command that another server, or the same one later, would.
enum RedisComplaint: Sendable, Hashable {
    /// The slot is another master's for good.
    case moved(RedisSlot, RedisAddress)
    /// The slot is moving, and this key has moved already.
    case ask(RedisAddress)
    /// The slot is moving, and the keys of the command are apart for now.
    case tryAgain
    /// The cluster has lost a part of its slots, or this node its cluster.
    case clusterDown
    /// A replica without its master.
    case masterDown
    /// A replica.
    case readOnly
    /// It reads its data.
    case loading

    /// What is counted.
    enum Kind: String, Sendable, CaseIterable {
        case moved, ask
        case tryAgain = "try_again"
        case clusterDown = "cluster_down"
        case masterDown = "master_down"
        case readOnly = "read_only"
        case loading
    }

    var kind: Kind {
        switch self {
        case .moved: .moved
        case .ask: .ask
        case .tryAgain: .tryAgain
        case .clusterDown: .clusterDown
        case .masterDown: .masterDown
        case .readOnly: .readOnly
        case .loading: .loading
        }
    }

    /// Reads an error reply.
    ///
    /// - Parameter server: who sent it; it is meant where another one is named by its port alone.
    /// - Returns: nil for every other error.
    init?(_ text: String, from server: RedisAddress) {
        let words = text.split(separator: " ", maxSplits: 3)
        switch words.first {
        case "MOVED", "ASK":
            guard words.count >= 3, let slot = Int(words[1]).flatMap(RedisSlot.init(index:)),
                let colon = words[2].lastIndex(of: ":"), let port = Int(words[2][words[2].index(after: colon)...]),
                (1...65_535).contains(port)
            else { return nil }
            let host = words[2][..<colon]
            let address = RedisAddress(host: ["", "?"].contains(host) ? server.host : String(host), port: port)
            self = words[0] == "MOVED" ? .moved(slot, address) : .ask(address)
        case "TRYAGAIN": self = .tryAgain
        case "CLUSTERDOWN": self = .clusterDown
        case "MASTERDOWN": self = .masterDown
        case "READONLY": self = .readOnly
        case "LOADING": self = .loading
        default: return nil
        }
    }
}
