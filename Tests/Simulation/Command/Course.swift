import ArgumentParser
import QuizSimulatedDatabase
import QuizSimulation

/// What is played with each seed, and the bug planted in it; nil: none.
enum Course: Sendable {
    /// Whole clusters with their players.
    case worlds(Sabotage?)
    /// Nodes that fight over a few shards of the simulated database: a hundred times as many in the same time.
    case duels(DatabaseSabotage?)

    var isSabotaged: Bool {
        switch self {
        case .worlds(let sabotage): sabotage != nil
        case .duels(let sabotage): sabotage != nil
        }
    }

    /// How a worker is told.
    var arguments: [String] {
        switch self {
        case .worlds(let sabotage): sabotage.map { ["--sabotage", $0.rawValue] } ?? []
        case .duels(let sabotage): ["--duels"] + (sabotage.map { ["--sabotage", $0.rawValue] } ?? [])
        }
    }

    /// What killed nodes of a world leave behind is freed with the worker's process, so it takes a few only; and fewer where the first one that breaks something
    /// is enough.
    var seedsPerWorker: Int {
        switch self {
        case .worlds: isSabotaged ? 2 : 12
        case .duels: isSabotaged ? 20 : 250
        }
    }

    /// Fewer seeds are no proof that something never happens.
    var seedsToJudgeBy: Int {
        switch self {
        case .worlds: 200
        case .duels: 400
        }
    }

    /// Keys of the counts that a run of some length must have.
    var expected: [String] {
        switch self {
        case .worlds: Expectations.all
        case .duels: Duel.expected.map { "database: \($0.rawValue)" }
        }
    }

    /// Whether a broken promise is what the planted bug must break.
    func explains(_ promise: String?) -> Bool {
        switch self {
        case .worlds(let sabotage): sabotage?.explains(promise) ?? false
        case .duels(.fenceOff): promise == "P2"
        case .duels(let sabotage): sabotage != nil && promise != nil
        }
    }
}

/// The name of a bug, which says where it shows.
enum PlantedBug: ExpressibleByArgument {
    case ofWorld(Sabotage)
    case ofDatabase(DatabaseSabotage)

    init?(argument: String) {
        if let sabotage = Sabotage(rawValue: argument) {
            self = .ofWorld(sabotage)
        } else if let sabotage = DatabaseSabotage(rawValue: argument) {
            self = .ofDatabase(sabotage)
        } else {
            return nil
        }
    }

    static let allValueStrings = (Sabotage.allCases.map(\.rawValue) + DatabaseSabotage.allCases.map(\.rawValue))
        .sorted()
}
