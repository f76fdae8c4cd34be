import QuizCluster
import QuizModel
import QuizRoomHost
import QuizShards
import QuizTestKit
import Testing

@Suite struct HandOffMachineTests {
    private static let terms = [Cast.term(3, 5, 1), Cast.term(4, 8, 1)]
    private static let shards = Set(terms.map(\.shard))
    private static let heads = [RoomID(value: 77): JournalHead(number: 12, chain: [1, 2, 3])]
    /// As B has them when it has won both, and as A has them when it has.
    private static let theirs = [Cast.term(3, 6, 2), Cast.term(4, 9, 2)]
    private static let ours = [Cast.term(3, 6, 1), Cast.term(4, 9, 1)]

    /// The events that lead to each state.
    private static let paths: [(state: HandOffMachine.State, events: [HandOffMachine.Event])] = [
        (.preparing, []),
        (.stopping, [.prepared(isAccepted: true)]),
        (.moving, [.prepared(isAccepted: true), .stopped(heads)]),
        (.reclaiming, [.prepared(isAccepted: true), .stopped(heads), .silence]),
        (.ended, [.silence]),
    ]

    private static let events: [HandOffMachine.Event] = [
        .prepared(isAccepted: true), .prepared(isAccepted: false), .stopped(heads), .stopped([:]), .stopped(nil),
        .finished(theirs), .finished([theirs[0]]), .finished([]), .reclaimed(ours), .reclaimed([ours[1]]),
        .reclaimed([]), .reclaimed(nil), .silence,
    ]

    private typealias Step = (state: HandOffMachine.State, actions: [HandOffMachine.Action])

    /// What changes something; everything else is late or repeated, and ignored.
    private static func expected(_ state: HandOffMachine.State, _ event: HandOffMachine.Event) -> Step {
        let (first, second) = (terms[0].shard, terms[1].shard)
        return switch state {
        case .preparing:
            switch event {
            case .prepared(isAccepted: true): (.stopping, [.stopRooms])
            case .prepared(isAccepted: false), .silence: (.ended, [])
            default: (state, [])
            }
        case .stopping:
            switch event {
            case .stopped(heads): (.moving, [.sendFinal(heads)])
            case .stopped([:]): (.moving, [.sendFinal([:])])
            case .stopped(nil): (.ended, [.resume(terms)])
            default: (state, [])
            }
        case .moving:
            switch event {
            case .finished(theirs): (.ended, [.release(shards)])
            case .finished, .silence: (.reclaiming, [.reclaim])
            default: (state, [])
            }
        case .reclaiming:
            switch event {
            case .reclaimed(ours): (.ended, [.resume(ours)])
            case .reclaimed([ours[1]]): (.ended, [.resume([ours[1]]), .release([first])])
            case .reclaimed([]): (.ended, [.release([first, second])])
            case .reclaimed(nil): (.reclaiming, [.reclaim])
            default: (state, [])
            }
        case .ended: (.ended, [])
        }
    }

    private static func machine(after events: [HandOffMachine.Event]) -> HandOffMachine {
        var machine = HandOffMachine(terms: terms, to: Cast.incarnation(2))
        for event in events { _ = machine.handle(event) }
        return machine
    }

    private func play(_ events: HandOffMachine.Event...) -> Step {
        var machine = HandOffMachine(terms: Self.terms, to: Cast.incarnation(2))
        var actions = machine.begin()
        for event in events { actions += machine.handle(event) }
        return (machine.state, actions)
    }

    @Test func `every event in every state does what the table says`() {
        for (state, path) in Self.paths {
            #expect(Self.machine(after: path).state == state)
            for event in Self.events {
                var machine = Self.machine(after: path)
                let actions = machine.handle(event)
                let expected = Self.expected(state, event)
                #expect(machine.state == expected.state, "\(event) while \(state)")
                #expect(actions == expected.actions, "\(event) while \(state)")
            }
        }
    }

    @Test func `the normal path: prepared, stopped, moved, released`() {
        let played = play(.prepared(isAccepted: true), .stopped(Self.heads), .finished(Self.theirs))
        #expect(played.state == .ended)
        #expect(played.actions == [.sendPrepare, .stopRooms, .sendFinal(Self.heads), .release(Self.shards)])
    }

    @Test func `a refusal or no answer leaves everything as it was: no room is stopped`() {
        #expect(play(.prepared(isAccepted: false)).actions == [.sendPrepare])
        #expect(play(.silence).actions == [.sendPrepare])
    }

    @Test func `rooms that do not come to rest go on under the terms they had`() {
        let played = play(.prepared(isAccepted: true), .stopped(nil))
        #expect(played.actions == [.sendPrepare, .stopRooms, .resume(Self.terms)])
    }

    @Test func `without a word from the other side the fence decides, however often the database must be asked`() {
        let played = play(
            .prepared(isAccepted: true), .stopped(Self.heads), .silence, .reclaimed(nil), .reclaimed(nil),
            .reclaimed([Self.ours[0]]))
        #expect(played.state == .ended)
        #expect(
            played.actions == [
                .sendPrepare, .stopRooms, .sendFinal(Self.heads), .reclaim, .reclaim, .reclaim,
                .resume([Self.ours[0]]), .release([Self.terms[1].shard]),
            ])
    }

    @Test func `a late word about the move changes nothing while the fence is being asked`() {
        let played = play(
            .prepared(isAccepted: true), .stopped(Self.heads), .silence, .finished(Self.theirs), .reclaimed([]))
        #expect(played.actions.suffix(2) == [.reclaim, .release(Self.shards)])
    }

    @Test func `whatever comes in whatever order, each shard is resumed or released once at most, and then it is over`()
    {
        var generator = SeededGenerator(seed: 42)
        for _ in 0..<2_000 {
            var machine = HandOffMachine(terms: Self.terms, to: Cast.incarnation(2))
            var settled: [ShardID] = []
            for _ in 0..<12 {
                guard let event = Self.events.randomElement(using: &generator) else { continue }
                for action in machine.handle(event) {
                    switch action {
                    case .resume(let terms): settled += terms.map(\.shard)
                    case .release(let shards): settled += shards
                    case .sendPrepare, .stopRooms, .sendFinal, .reclaim: break
                    }
                }
                #expect(settled.isEmpty || machine.state == .ended)
            }
            #expect(settled.count == Set(settled).count)
            #expect(settled.isEmpty || Set(settled) == Self.shards)
        }
    }
}
