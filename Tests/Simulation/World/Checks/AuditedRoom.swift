internal import NIOCore
internal import QuizModel
internal import QuizRoom
internal import QuizRoomHost
internal import QuizShards
internal import QuizSimulatedDatabase
internal import QuizWire

/// A room as its committed journal has it, folded by nobody's node.
///
/// Everything a client sees or is told is held against this: what is not here when it arrives was shown before it was durable.
final class AuditedRoom {
    struct Event: Equatable {
        var name: String
        var payload: ByteBuffer
    }

    struct Question: Hashable {
        var game: GameID
        var index: Int
        var player: PlayerID
    }

    let id: RoomID
    private var machine: RoomStateMachine
    private var chain: [UInt8]
    private(set) var rows: Int64 = 0
    /// Terms of their writers never go back.
    private var epoch = Epoch(0)
    /// Event with `seq` n at n − 1.
    private(set) var events: [Event] = []
    private(set) var answers: [Question: [Int]] = [:]
    private(set) var results: [GameID: GameResult] = [:]
    /// Secrets that are none any more.
    private(set) var revealed: Set<String> = []

    init(id: RoomID) {
        self.id = id
        machine = RoomStateMachine(room: id)
        chain = JournalChain.start(room: id, rules: RoomStateMachine.rules)
    }

    /// Takes in what has been committed since.
    ///
    /// - Throws: P4 when the journal does not fold, P2 when its chain is broken.
    ///
    /// - Parameter entries: what is behind `rows`.
    func read(_ entries: [JournalEntry]) throws(Breach) {
        for entry in entries {
            let row = entry.row
            guard entry.epoch >= epoch else {
                throw Breach(.p2, "Row \(row.number) of room \(id) has epoch \(entry.epoch) behind \(epoch).")
            }
            epoch = entry.epoch
            guard row.number == rows + 1,
                JournalChain.next(after: chain, number: row.number, payload: row.payload) == row.chain
            else { throw Breach(.p2, "Row \(row.number) of room \(id) does not follow row \(rows).") }
            try fold(row)
            chain = row.chain
            rows += 1
        }
    }

    private func fold(_ row: JournalRow) throws(Breach) {
        let decoded: (input: RoomInput, at: RoomInstant, origin: InputOrigin?)
        do { decoded = try RoomInput.decode(row.payload) } catch {
            throw Breach(.p4, "Row \(row.number) of room \(id) cannot be read: \(error).")
        }
        guard case .applied(let step) = machine.apply(decoded.input, at: decoded.at, from: decoded.origin) else {
            throw Breach(.p4, "Row \(row.number) of room \(id) changes nothing when it is folded.")
        }
        if case .answer(let player, let question, let choice, _, _) = decoded.input, let game = machine.currentGame {
            let key = Question(game: game, index: question, player: player)
            guard answers.updateValue(choice, forKey: key) == nil else {
                throw Breach(.p3, "Player \(player) answers question \(question) of game \(game) twice.")
            }
        }
        for effect in step.effects {
            switch effect {
            case .game(let event): try append(event)
            case .finished(let result): results[result.game] = result
            default: break
            }
        }
        if let digest = row.digest, digest != machine.digest {
            throw Breach(.p4, "Row \(row.number) of room \(id) folds to another state than its owner had.")
        }
    }

    private func append(_ event: GameEvent) throws(Breach) {
        guard let payload = try? event.payload() else {  // rows fold to what a node has encoded before
            throw Breach(.p4, "An event of room \(id) cannot be encoded.")
        }
        if case .reveal(let reveal) = event, let secret = reveal.explanation { revealed.insert(secret) }
        events.append(Event(name: event.name.rawValue, payload: payload))
    }

    var phase: RoomPhase { machine.phase }
    var lastInstant: RoomInstant { machine.lastInstant }
}
