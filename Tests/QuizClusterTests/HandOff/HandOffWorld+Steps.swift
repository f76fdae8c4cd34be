import QuizCluster
import QuizModel
import QuizRoomHost
import QuizShards

/// What can happen next.
extension HandOffWorld {
    typealias Step = (name: String, world: HandOffWorld)

    func steps() -> [Step] {
        var steps: [Step] = []
        for index in 0...1 where nodes[index].isAlive {
            handOffSteps(of: index, &steps)
            ownSteps(of: index, &steps)
        }
        linkSteps(&steps)
        databaseSteps(&steps)
        takeOverSteps(&steps)
        return steps
    }

    private func step(_ name: String, _ steps: inout [Step], _ change: (inout HandOffWorld) -> Void) {
        var world = self
        change(&world)
        if world != self { steps.append((name, world)) }
    }

    // MARK: - The hand-off's two sides

    private func handOffSteps(of index: Int, _ steps: inout [Step]) {
        let node = nodes[index]
        let name = Self.names[index]
        if budget.handOffs > 0, node.giving == nil, node.taking == nil, !node.shards.answered.isEmpty {
            step("\(name) begins to give", &steps) { world in
                world.budget.handOffs -= 1
                world.handOffsBegun += 1
                let terms = node.shards.answered.values.sorted { $0.shard < $1.shard }
                let machine = HandOffMachine(terms: terms, to: Self.owners[1 - index])
                world.nodes[index].giving = Giving(number: world.handOffsBegun, to: 1 - index, machine: machine)
                world.perform(machine.begin(), index)
            }
        }
        guard let giving = node.giving else { return }
        switch giving.wait {
        case .answer: step("\(name) hears nothing", &steps) { $0.tellGiver(.silence, index) }
        case .rest:
            step("\(name)'s rooms do not come to rest", &steps) { $0.tellGiver(.stopped(nil), index) }
            let group = giving.machine.terms.compactMap { node.rooms[$0.shard.index] }
            if !group.contains(where: \.isAppending) {
                step("\(name)'s rooms are at rest", &steps) { $0.tellGiver(.stopped([:]), index) }
            }
        case .database: break
        }
    }

    fileprivate mutating func tellGiver(_ event: HandOffMachine.Event, _ index: Int) {
        guard var giving = nodes[index].giving else { return }
        var event = event
        if plant == .believesEveryFinished, case .finished = event { event = .finished(giving.machine.terms) }
        var actions = giving.machine.handle(event)
        if actions.isEmpty, giving.machine.state != .ended { actions = giving.machine.handle(.silence) }
        nodes[index].giving = giving
        perform(actions, index)
    }

    /// As `HandOffs.give` does.
    private mutating func perform(_ actions: [HandOffMachine.Action], _ index: Int) {
        var actions = actions
        while let action = actions.first, var giving = nodes[index].giving {
            actions.removeFirst()
            switch action {
            case .sendPrepare:
                links[index].append(.prepare(giving.number, giving.machine.terms))
                giving.wait = .answer
            case .stopRooms:
                for term in giving.machine.terms { nodes[index].rooms[term.shard.index]?.isStanding = true }
                giving.wait = .rest
            case .sendFinal:
                links[index].append(.final(giving.number, giving.machine.terms))
                giving.wait = .answer
            case .reclaim where plant == .resumesWithoutAskingTheFence:
                actions += giving.machine.handle(.reclaimed(giving.machine.terms))
            case .reclaim:
                giving.call = .sent(Move(expected: giving.machine.terms, to: index))
                giving.wait = .database
            case .resume(let terms): resume(terms, index)
            case .release(let shards):
                for term in giving.machine.terms where shards.contains(term.shard) { lose(term, index) }
            }
            nodes[index].giving = giving
        }
        if let giving = nodes[index].giving, giving.machine.state == .ended { nodes[index].giving = nil }
    }

    private mutating func resume(_ terms: [Term], _ index: Int) {
        if plant == .renewsWhatWasDropped {
            _ = nodes[index].shards.begin(terms)
            _ = nodes[index].shards.finish(terms)
        }
        for term in nodes[index].shards.renew(terms) {
            nodes[index].rooms[term.shard.index]?.term = term
            nodes[index].rooms[term.shard.index]?.isStanding = false
        }
    }

    fileprivate mutating func tellTaker(_ event: HandOffTakingMachine.Event, _ index: Int) {
        guard var taking = nodes[index].taking else { return }
        let actions = taking.machine.handle(event)
        nodes[index].taking = taking
        for action in actions { perform(action, index) }
    }

    fileprivate mutating func perform(_ action: HandOffTakingMachine.Action, _ index: Int) {
        guard let taking = nodes[index].taking else { return }
        switch action {
        case .move:
            nodes[index].taking?.call = .sent(Move(expected: taking.expected, to: index))
            if plant == .readsBeforeTheMove { bring(taking.expected.map { next($0, index) }, index, isTaken: true) }
        case .adopt(let won):
            if plant != .readsBeforeTheMove { bring(won, index, isTaken: true) }
        case .tell(let won):
            links[index].append(.finished(taking.number, won))
            nodes[index].taking = nil
        }
    }

    private func next(_ term: Term, _ owner: Int) -> Term {
        Term(shard: term.shard, epoch: term.epoch.next, owner: Self.owners[owner])
    }

    // MARK: - What a node does for itself

    private func ownSteps(of index: Int, _ steps: inout [Step]) {
        let node = nodes[index]
        let name = Self.names[index]
        for (shard, rooms) in node.rooms.enumerated() {
            guard let rooms else { continue }
            if rooms.isAppending {
                step("\(name)'s rows reach shard \(shard)", &steps) { $0.append(shard, index) }
            } else if budget.appends > 0, !rooms.isStanding {
                step("\(name) appends to shard \(shard)", &steps) { world in
                    world.budget.appends -= 1
                    world.nodes[index].rooms[shard]?.isAppending = true
                }
            }
        }
        let expected = node.shards.answered.values.sorted { $0.shard < $1.shard }
        if let look = node.look {
            step("\(name) judges what it read", &steps) { world in
                world.nodes[index].look = nil
                for (term, found) in zip(look.expected, look.found) where term != found { world.lose(term, index) }
            }
        } else if expected.contains(where: { fences[$0.shard.index] != $0 }) {
            step("\(name) reads its fences", &steps) { world in
                let found = expected.map { world.fences[$0.shard.index] }
                world.nodes[index].look = Look(expected: expected, found: found)
            }
        }
        for arrival in node.arrivals where !(arrival.isTaken && node.taking?.call != nil) {
            step("\(name)'s rooms are there", &steps) { $0.finish(arrival, index) }
        }
        let found = fences.filter { fence in
            fence.owner == Self.owners[index] && node.shards.answered[fence.shard] != fence
                && !node.busy.contains(fence.shard)
        }
        if !found.isEmpty { step("\(name) finds its own", &steps) { $0.bring(found, index, isTaken: false) } }
        if budget.crashes > 0 {
            step("\(name) dies", &steps) { world in
                world.budget.crashes -= 1
                for case .sent(let move)? in [node.giving?.call, node.taking?.call] { world.orphans.insert(move) }
                world.nodes[index] = Node(isAlive: false, rooms: node.rooms.map { _ in nil })
                world.links[index] = []
                world.links[1 - index] = []
            }
        }
    }

    private mutating func append(_ shard: Int, _ index: Int) {
        guard var rooms = nodes[index].rooms[shard] else { return }
        rooms.isAppending = false
        nodes[index].rooms[shard] = rooms
        guard fences[shard] == rooms.term || plant == .appendsUnfenced else { return lose(rooms.term, index) }
        journal[shard] += 1
        nodes[index].rooms[shard]?.head += 1
    }

    private mutating func lose(_ term: Term, _ index: Int) {
        let shard = term.shard.index
        var isLost = nodes[index].shards.lose(term)
        if plant == .losesWhatIsNewer, let newer = nodes[index].shards.answered[term.shard] {
            isLost = nodes[index].shards.lose(newer)
        }
        guard isLost, let rooms = nodes[index].rooms[shard] else { return }
        if rooms.term == fences[shard] { hasDroppedItsOwn = true }
        nodes[index].rooms[shard] = nil
    }

    private mutating func bring(_ terms: [Term], _ index: Int, isTaken: Bool) {
        let (arriving, stale) = nodes[index].shards.begin(terms)
        for shard in stale { nodes[index].rooms[shard.index] = nil }
        guard isTaken || !arriving.isEmpty else { return }
        nodes[index].arrivals.insert(
            Arrival(terms: arriving, heads: arriving.map { journal[$0.shard.index] }, isTaken: isTaken))
    }

    private mutating func finish(_ arrival: Arrival, _ index: Int) {
        nodes[index].arrivals.remove(arrival)
        for (term, head) in zip(arrival.terms, arrival.heads) {
            nodes[index].rooms[term.shard.index] = Rooms(term: term, head: head)
        }
        for shard in nodes[index].shards.finish(arrival.terms) { nodes[index].rooms[shard.index] = nil }
        if arrival.isTaken { tellTaker(.adopted(isDone: true), index) }
    }

    // MARK: - Around them

    private func linkSteps(_ steps: inout [Step]) {
        for from in 0...1 {
            guard let message = links[from].first, nodes[1 - from].isAlive else { continue }
            step("\(Self.names[1 - from]) hears \(message)", &steps) { world in
                world.links[from].removeFirst()
                world.hear(message, 1 - from)
            }
            if case .prepare(let number, _) = message, budget.refusals > 0 {
                step("\(Self.names[1 - from]) refuses", &steps) { world in
                    world.budget.refusals -= 1
                    world.links[from].removeFirst()
                    world.links[1 - from].append(.prepared(number, false))
                }
            }
        }
        if budget.brokenLinks > 0, !links[0].isEmpty || !links[1].isEmpty {
            step("the link breaks", &steps) { world in
                world.budget.brokenLinks -= 1
                world.links = [[], []]
            }
        }
    }

    private mutating func hear(_ message: Message, _ index: Int) {
        switch message {
        case .prepare(let number, _):
            links[index].append(.prepared(number, true))
        case .prepared(let number, let isAccepted):
            guard let giving = nodes[index].giving, giving.number == number, giving.wait == .answer else { return }
            tellGiver(.prepared(isAccepted: isAccepted), index)
        case .final(let number, let expected):
            nodes[index].taking = Taking(number: number, from: 1 - index, expected: expected)
            perform(.move, index)
        case .finished(let number, let now):
            guard let giving = nodes[index].giving, giving.number == number, giving.wait == .answer else { return }
            tellGiver(.finished(now), index)
        }
    }

    private func databaseSteps(_ steps: inout [Step]) {
        for move in orphans {
            step("an orphan moves fences", &steps) { world in
                world.orphans.remove(move)
                _ = world.execute(move)
            }
            step("an orphan is ended", &steps) { $0.orphans.remove(move) }
        }
        for (index, node) in nodes.enumerated() {
            for isTaking in [false, true] {
                callSteps(of: index, isTaking ? node.taking?.call : node.giving?.call, isTaking, &steps)
            }
        }
    }

    private func callSteps(of index: Int, _ call: Call?, _ isTaking: Bool, _ steps: inout [Step]) {
        let name = Self.names[index]
        switch call {
        case .sent(let move):
            step("fences move to \(name)", &steps) { world in
                let answer = Call.answered(world.execute(move))
                if isTaking {
                    world.nodes[index].taking?.call = answer
                } else {
                    world.nodes[index].giving?.call = answer
                }
            }
            guard budget.lostAnswers > 0 else { return }
            step("\(name)'s statement is lost sight of", &steps) { world in
                world.budget.lostAnswers -= 1
                world.orphans.insert(move)
                world.answered(nil, index, isTaking)
            }
        case .answered(let terms):
            step("\(name) has the answer", &steps) { $0.answered(terms, index, isTaking) }
            guard budget.lostAnswers > 0 else { return }
            step("the answer to \(name) is lost", &steps) { world in
                world.budget.lostAnswers -= 1
                world.answered(nil, index, isTaking)
            }
        case nil: return
        }
    }

    private mutating func answered(_ terms: [Term]?, _ index: Int, _ isTaking: Bool) {
        if isTaking {
            nodes[index].taking?.call = nil
            tellTaker(.moved(terms), index)
        } else {
            nodes[index].giving?.call = nil
            tellGiver(.reclaimed(terms), index)
        }
    }

    /// What an earlier attempt has won counts as won.
    private mutating func execute(_ move: Move) -> [Term] {
        for term in move.expected where fences[term.shard.index] == term || plant == .movesUncompared {
            fences[term.shard.index] = next(fences[term.shard.index], move.to)
        }
        return move.expected.map { next($0, move.to) }.filter { fences[$0.shard.index] == $0 }
    }

    /// C reads a fence and takes the shard some time later, from somebody dead or by mistake.
    private func takeOverSteps(_ steps: inout [Step]) {
        if let expected = takeOver {
            step("C takes shard \(expected.shard.index)", &steps) { world in
                world.takeOver = nil
                let won = world.execute(Move(expected: [expected], to: 2))
                world.bring(won, 2, isTaken: false)
                if let arrival = world.nodes[2].arrivals.first { world.finish(arrival, 2) }
            }
            return
        }
        for fence in fences {
            guard let owner = Self.owners.firstIndex(of: fence.owner), owner != 2 else { continue }
            if !nodes[owner].isAlive {
                step("C finds shard \(fence.shard.index) abandoned", &steps) { $0.takeOver = fence }
            } else if budget.wrongTakeOvers > 0 {
                step("C believes shard \(fence.shard.index) abandoned", &steps) { world in
                    world.budget.wrongTakeOvers -= 1
                    world.takeOver = fence
                }
            }
        }
    }
}
