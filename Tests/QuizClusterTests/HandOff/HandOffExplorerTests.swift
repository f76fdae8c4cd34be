import Testing

/// Every way through a hand-off, up to bounds that are stated with each test: all interleavings of messages, statements, crashes and time-outs. What is explored are the
/// real machines (`HandOffMachine`, `HandOffTakingMachine`, `OwnShards`), wired as `HandOffs` and `RoomHost` wire them.
@Suite struct HandOffExplorerTests {
    /// A way that breaks something.
    struct Found: Error, CustomStringConvertible {
        var breach: String
        var steps: [String]
        var description: String { "\(breach), after:\n" + steps.map { "  \($0)\n" }.joined() }
    }

    /// Visits every state that can be reached.
    ///
    /// - Returns: how many there are, and how many of them have no next step.
    @discardableResult
    private static func explore(_ start: HandOffWorld) throws(Found) -> (states: Int, ends: Int) {
        var places: [HandOffWorld: Int] = [start: 0]
        var worlds = [start]
        var before: [(place: Int, step: String)] = [(0, "")]
        var ends = 0
        var place = 0
        func way(to place: Int) -> [String] {
            var steps: [String] = []
            var place = place
            while place > 0 {
                steps.append(before[place].step)
                place = before[place].place
            }
            return steps.reversed()
        }
        while place < worlds.count {
            let world = worlds[place]
            if let breach = world.breach { throw Found(breach: breach, steps: way(to: place)) }
            let steps = world.steps()
            if steps.isEmpty {
                ends += 1
                if let breach = world.finalBreach { throw Found(breach: breach, steps: way(to: place)) }
            }
            for (name, next) in steps where places[next] == nil {
                places[next] = worlds.count
                worlds.append(next)
                before.append((place, name))
            }
            place += 1
        }
        return (worlds.count, ends)
    }

    /// What each exploration is about, and how many shards it moves.
    private static let scenes: [(about: String, shards: Int, budget: HandOffWorld.Budget)] = [
        ("two shards, a broken link, a refusal", 2, .init(brokenLinks: 1, refusals: 1)),
        ("two shards, one of them taken by somebody else", 2, .init(wrongTakeOvers: 1)),
        ("appends, a death, a lost answer", 1, .init(appends: 2, crashes: 1, lostAnswers: 1)),
        ("there and back, with an answer lost", 1, .init(handOffs: 2, brokenLinks: 1, lostAnswers: 1)),
        ("there and back, appends, a mistaken take-over", 1, .init(handOffs: 2, appends: 1, wrongTakeOvers: 1)),
        ("two deaths and a broken link", 1, .init(appends: 1, brokenLinks: 1, crashes: 2)),
    ]

    @Test(arguments: scenes.indices)
    func `no way through breaks anything`(scene: Int) throws {
        let (about, shards, budget) = Self.scenes[scene]
        let (states, ends) = try Self.explore(HandOffWorld(shards: shards, budget: budget))
        print("Hand-off, \(about): \(states) states, \(ends) of them ends.")
        #expect(states > 100)
        #expect(ends > 1)
    }

    @Test(arguments: HandOffWorld.Plant.allCases)
    func `a mistake in the wiring is found`(plant: HandOffWorld.Plant) {
        let found = Self.scenes.contains { scene in
            do {
                try Self.explore(HandOffWorld(shards: scene.shards, budget: scene.budget, plant: plant))
                return false
            } catch {
                return true
            }
        }
        #expect(found)
    }
}
