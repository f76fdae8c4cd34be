internal import QuizCluster
internal import QuizModel
internal import QuizRoomHost
internal import QuizShards

/// A bug planted in the simulation's wiring, to see that it is caught. No shipped target knows of it.
package enum Sabotage: String, CaseIterable, Sendable {
    /// Commits are reported before they are asked for.
    case p1 = "P1"
    /// The fence lets everybody write.
    case p2 = "P2"
    /// A result that comes again is stored once more.
    case p3 = "P3"
    /// A result is not the fold's.
    case p4 = "P4"
    /// A broadcast skips an event now and then.
    case p5 = "P5"
    /// The mesh loses an answer to `attach` now and then.
    case p6 = "P6"
    /// Clocks of nodes run ahead of the world.
    case p7 = "P7"
    /// The question tells its answer.
    case p8 = "P8"

    /// Promises of which it breaks one; whichever is noticed first.
    package var breaks: Set<Breach.Promise> {
        switch self {
        case .p1: [.p1]
        case .p2: [.p2]
        case .p3: [.p3]
        case .p4: [.p4]
        // A lost event looks like one that is taken back where the state comes next.
        case .p5: [.p5]
        case .p6: [.p6]
        case .p7: [.p7]
        case .p8: [.p8]
        }
    }

    func prepare(_ world: WorldServices) {
        let simulator = world.simulator
        switch self {
        case .p2: world.database.isFenced = false
        case .p6:
            world.mesh.passes = { message in
                if case .attached = message { return !simulator.generator.oneIn(3) }
                return true
            }
        case .p1, .p3, .p4, .p5, .p7, .p8: break
        }
    }

    func sabotaged(_ storage: WorldServices.Storage, in world: WorldServices) -> WorldServices.Storage {
        var storage = storage
        switch self {
        case .p1, .p3, .p4: storage.journal = SabotagedJournal(storage.journal, self, world)
        default: break
        }
        return storage
    }

    func sabotaged(_ broadcaster: any RoomBroadcaster, in world: WorldServices) -> any RoomBroadcaster {
        self == .p5 ? ForgetfulBroadcaster(real: broadcaster, simulator: world.simulator) : broadcaster
    }
}

/// Skips an event that must arrive, once in forty times.
private struct ForgetfulBroadcaster: RoomBroadcaster {
    let real: any RoomBroadcaster
    let simulator: Simulator

    func broadcast(_ event: RoomEvent, to sessions: [any SessionOutlet]) {
        if event.conflation == nil, simulator.generator.oneIn(40) { return }
        real.broadcast(event, to: sessions)
    }
}
