internal import QuizModel
internal import QuizRoom
internal import QuizRoomHost
internal import QuizSimulatedDatabase

/// What an auditor does when all is over: replays every game from the database and compares it with its stored, signed result (P3, P4).
struct FinalAudit {
    let world: World

    func run() throws(Breach) {
        let database = world.services.database
        let signer = world.services.signer
        let played = Set(world.ledger.rooms.values.flatMap(\.results.keys))
        for stored in database.results where !played.contains(stored.game) {
            throw Breach(.p3, "There is a result of game \(stored.game), which nobody has played.")
        }
        for room in world.ledger.rooms.values {
            for (game, result) in room.results {
                guard let stored = database.results.first(where: { $0.game == game }) else { continue }
                guard stored.entries == result.entries, stored.resultBytes == result.encode() else {
                    throw Breach(.p4, "The result of game \(game) is not what its journal folds to.")
                }
            }
        }
        for stored in database.results.sorted(by: { $0.game < $1.game }) {
            let box = VerdictBox()
            Task(executorPreference: world.simulator.outside.executor) {
                do {
                    let verdict = try await GameReplay.check(
                        stored.game, store: database.desk, publicKey: signer.publicKey, keyID: signer.keyID)
                    box.faults = verdict.faults
                } catch {
                    box.faults = ["it cannot be checked: \(error)"]
                }
            }
            while box.faults == nil, try world.simulator.step() {}
            if let fault = box.faults?.first { throw Breach(.p4, "Game \(stored.game): \(fault)") }
        }
    }
}

private final class VerdictBox: @unchecked Sendable {  // the simulator's thread
    /// Nil: not judged yet.
    var faults: [String]?
}
