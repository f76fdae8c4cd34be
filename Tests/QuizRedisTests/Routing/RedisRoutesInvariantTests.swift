import NIOCore
import QuizTestKit
import Testing

@testable import QuizRedis

/// Routes among servers that come and go, and what must hold whatever they do.
private struct World {
    var routes: RedisRoutes
    var now = NIODeadline.uptimeNanoseconds(1_000_000_000_000)
    var connecting: Set<RedisServer> = []
    var ready: Set<RedisServer> = []
    var asked: RedisServer?
    var faults: [String] = []
    let kind: RedisEndpoint.Kind

    init(_ kind: RedisEndpoint.Kind, seed: UInt64) {
        self.kind = kind
        let names = kind == .server ? ["a"] : ["a", "b", "c"]
        routes = RedisRoutes(RedisEndpoint(kind, addresses: names.map(RedisCast.address)), seed: seed)
        apply(routes.started(at: now))
    }

    mutating func apply(_ actions: [RedisRoutes.Action]) {
        for action in actions {
            switch action {
            case .connect(let server):
                if connecting.contains(server) || ready.contains(server) {
                    faults.append("connects to \(server) twice")
                }
                connecting.insert(server)
            case .close(let server), .retire(let server):
                connecting.remove(server)
                ready.remove(server)
                if asked == server { asked = nil }
            case .ask(let server):
                if !ready.contains(server) { faults.append("asks \(server) without a connection") }
                if let asked { faults.append("asks \(server) while \(asked) is asked") }
                asked = server
            case .dispatch: break
            }
        }
        check()
    }

    private mutating func check() {
        for slot in [nil, RedisCast.slot(0), RedisCast.slot(9_000)] {
            if let server = routes.route(slot), !ready.contains(server) || server.role != .data {
                faults.append("leads to \(server)")
            }
        }
        if connecting.count + ready.count > 12 { faults.append("keeps \(connecting.count + ready.count) connections") }
        // Something has to come, or nothing ever will.
        let isIdle = connecting.isEmpty && asked == nil && routes.nextWake == nil
        if isIdle, !(kind == .server && routes.isWhole) { faults.append("waits for nothing") }
    }

    mutating func become(ready server: RedisServer) {
        guard connecting.remove(server) != nil else { return }
        ready.insert(server)
        apply(routes.ready(server))
    }

    mutating func lose(_ server: RedisServer) {
        guard connecting.remove(server) ?? ready.remove(server) != nil else { return }
        if asked == server { asked = nil }
        apply(routes.lost(server, at: now))
    }

    mutating func pass(_ time: TimeAmount) {
        now = now + time
        if let next = routes.nextWake, next <= now { apply(routes.woken(at: now)) }
    }

    /// The one who was asked answers.
    mutating func answer(_ body: (inout World, RedisServer) -> [RedisRoutes.Action]) {
        guard let server = asked else { return }
        asked = nil
        let actions = body(&self, server)
        apply(actions)
    }
}

@Suite struct RedisRoutesInvariantTests {
    private static let kinds: [RedisEndpoint.Kind] = [.server, .sentinel(master: "m"), .cluster]
    private static let names = ["a", "b", "c", "d", "e", "f"]
    private static let maps = names.map { RedisCast.map($0, "b", "f") }

    private func complaint(_ number: Int, _ random: inout SeededGenerator) -> RedisComplaint {
        let address = RedisCast.address(Self.names.randomElement(using: &random) ?? "a")
        return switch number % 7 {
        case 0: .moved(RedisCast.slot(Int.random(in: 0..<RedisSlot.count, using: &random)), address)
        case 1: .ask(address)
        case 2: .tryAgain
        case 3: .clusterDown
        case 4: .masterDown
        case 5: .readOnly
        default: .loading
        }
    }

    private func step(_ world: inout World, _ random: inout SeededGenerator) {
        let now = world.now
        switch Int.random(in: 0..<10, using: &random) {
        case 0...2:
            if let server = world.connecting.sorted().randomElement(using: &random) { world.become(ready: server) }
        case 3: if let server = world.connecting.sorted().randomElement(using: &random) { world.lose(server) }
        case 4: if let server = world.ready.sorted().randomElement(using: &random) { world.lose(server) }
        case 5, 6:
            let roll = Int.random(in: 0..<4, using: &random)
            let map = Self.maps.randomElement(using: &random) ?? RedisSlotMap()
            let epoch = Int64.random(in: 1...9, using: &random)
            world.answer { world, server in
                switch (world.kind, roll) {
                case (_, 0): world.routes.refused(server, at: now)
                case (.cluster, _): world.routes.told(map, by: server, at: now)
                default:
                    world.routes.told(
                        SentinelReport(epoch: epoch, master: RedisCast.address("m\(epoch)")), by: server, at: now)
                }
            }
        case 7:
            guard let server = world.ready.filter({ $0.role == .data }).sorted().randomElement(using: &random) else {
                return
            }
            let (verdict, actions) = world.routes.complained(
                complaint(Int.random(in: 0..<7, using: &random), &random), server,
                hops: Int.random(in: 0...6, using: &random), tries: Int.random(in: 0...9, using: &random), at: now)
            world.apply(actions)
            if case .send(let target, _) = verdict, !world.ready.contains(target) {
                world.faults.append("sends to \(target) without a connection")
            }
            if case .wait(_, let target?) = verdict, !world.routes.isKnown(target) {
                world.faults.append("waits for \(target), whom nobody connects to")
            }
        default: world.pass(.milliseconds(Int64.random(in: 0...400, using: &random)))
        }
    }

    /// Every connection comes to be and every question is answered: it must find its way back from wherever it was.
    private func heal(_ world: inout World) {
        for _ in 0..<400 where !(world.routes.isWhole && world.asked == nil) {
            for server in world.connecting.sorted() { world.become(ready: server) }
            let now = world.now
            world.answer { world, server in
                world.kind == .cluster
                    ? world.routes.told(Self.maps[0], by: server, at: now)
                    : world.routes.told(
                        SentinelReport(epoch: 10, master: RedisCast.address("m10")), by: server, at: now)
            }
            world.pass(.milliseconds(100))
        }
        if !world.routes.isWhole { world.faults.append("does not find its way back") }
    }

    @Test(arguments: 0..<100)
    func `whatever happens, commands go to connected masters only, and the way back is found`(seed: Int) {
        for kind in Self.kinds {
            var random = SeededGenerator(seed: UInt64(seed))
            var world = World(kind, seed: UInt64(seed))
            for _ in 0..<300 { step(&world, &random) }
            heal(&world)
            let faults = world.faults
            #expect(faults.isEmpty, "seed \(seed), \(kind): \(faults.first ?? "")")
        }
    }

    @Test func `a master of an older epoch is never gone back to while there is one`() {
        for seed in 0..<100 {
            var random = SeededGenerator(seed: UInt64(seed))
            var world = World(.sentinel(master: "m"), seed: UInt64(seed))
            var newest = ""
            for _ in 0..<300 {
                let wasUsable = world.routes.isUsable
                step(&world, &random)
                guard let master = world.routes.route(nil)?.address.host else { continue }
                if wasUsable, master < newest { world.faults.append("\(master) behind \(newest)") }
                newest = master
            }
            let faults = world.faults
            #expect(faults.isEmpty, "seed \(seed): \(faults.first ?? "")")
        }
    }

    /// Every event in every situation: none is a programming error, whatever order a network brings them in.
    @Test func `every event is taken in every situation`() {
        var situations = 0
        let map = RedisCast.map("a", "e")
        for kind in Self.kinds {
            var random = SeededGenerator(seed: 7)
            var world = World(kind, seed: 7)
            var worlds: [World] = [world]
            for _ in 0..<200 {
                step(&world, &random)
                worlds.append(world)
            }
            let servers = (Self.names + ["m1", "m5"]).map(RedisCast.data) + ["a", "b", "c"].map(RedisCast.sentinel)
            for world in worlds {
                for server in servers {
                    var events: [(inout RedisRoutes) -> [RedisRoutes.Action]] = [
                        { routes in routes.ready(server) },
                        { routes in routes.lost(server, at: world.now) },
                        { routes in routes.refused(server, at: world.now) },
                        { routes in routes.told(map, by: server, at: world.now) },
                        { routes in
                            routes.told(
                                SentinelReport(epoch: 3, master: RedisCast.address("m3")), by: server, at: world.now)
                        },
                        { routes in routes.woken(at: world.now) },
                    ]
                    for number in 0..<7 {
                        var copy = random
                        let complaint = complaint(number, &copy)
                        events.append { routes in
                            routes.complained(complaint, server, hops: 0, tries: 0, at: world.now).actions
                        }
                    }
                    for event in events {
                        var routes = world.routes
                        let actions = event(&routes)
                        situations += 1
                        // Nothing is asked of somebody without a connection.
                        for case .ask(let asked) in actions where !routes.isReady(asked) {
                            Issue.record("\(asked) is asked without a connection")
                        }
                        if let target = routes.route(RedisCast.slot(1)), !routes.isReady(target) {
                            Issue.record("it leads to \(target)")
                        }
                    }
                }
            }
        }
        #expect(situations == 3 * 201 * 11 * 13)
    }
}
