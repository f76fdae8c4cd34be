internal import QuizCluster
internal import QuizRoomHost
internal import QuizShards

/// A bug planted in the wiring of a world, to see that it is caught; named for the promise that falls. Those of the database's
/// protocol need a writer that is stopped at a rare moment, and are planted in duels: `DatabaseSabotage`.
package enum Sabotage: String, CaseIterable, Sendable {
    /// Commits are reported before they are asked for.
    case p1 = "P1"
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

    /// Whether this is what was to be noticed.
    ///
    /// - Parameter promise: a `Breach.Promise`.
    package func explains(_ promise: String?) -> Bool {
        switch self {
        case .p1, .p3, .p4, .p5, .p7, .p8: promise == rawValue
        // A session that is never let in waits, if its transport is not closed first.
        case .p6: promise == rawValue || promise == Breach.Promise.liveness.rawValue
        }
    }

    func prepare(_ world: WorldServices) {
        let simulator = world.simulator
        switch self {
        case .p6:
            world.mesh.passes = { message in
                if case .attached = message { return !simulator.generator.oneIn(3) }
                return true
            }
        default: break
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
