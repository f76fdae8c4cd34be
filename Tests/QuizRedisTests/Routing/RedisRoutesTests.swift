import NIOCore
import Testing

@testable import QuizRedis

/// Names for servers: `a` is the seed, `b`, `c` … are found.
enum RedisCast {
    static func address(_ name: String) -> RedisAddress { RedisAddress(host: name, port: 1) }
    static func data(_ name: String) -> RedisServer { RedisServer(address: address(name)) }
    static func sentinel(_ name: String) -> RedisServer { RedisServer(address: address(name), role: .sentinel) }
    static func slot(_ index: Int) -> RedisSlot { RedisSlot(index: index)! }

    /// Equal parts of the slots, in this order.
    static func map(_ names: String...) -> RedisSlotMap {
        var map = RedisSlotMap()
        let part = RedisSlot.count / names.count
        for (index, name) in names.enumerated() {
            let last = index == names.count - 1 ? RedisSlot.count - 1 : (index + 1) * part - 1
            _ = map.assign(slot(index * part)...slot(last), to: address(name))
        }
        return map
    }
}

/// Routes and a clock that is moved by hand. A class, so that expectations may call what changes it.
private final class Stage {
    var routes: RedisRoutes
    var now = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    init(_ kind: RedisEndpoint.Kind, _ names: String...) {
        let endpoint = RedisEndpoint(kind, addresses: names.map(RedisCast.address))
        routes = RedisRoutes(endpoint, seed: 1)
    }

    /// A cluster of these masters, everybody connected.
    static func cluster(_ map: RedisSlotMap) -> Stage {
        let stage = Stage(.cluster, "a")
        _ = stage.started()
        _ = stage.ready(RedisCast.data("a"))
        _ = stage.told(map, by: RedisCast.data("a"))
        for master in map.masters { _ = stage.ready(RedisServer(address: master)) }
        return stage
    }

    /// Three sentinels, and `m1` is the master at epoch 5.
    static func sentinel() -> Stage {
        let stage = Stage(.sentinel(master: "m"), "s1", "s2", "s3")
        _ = stage.started()
        for name in ["s2", "s3", "s1"] { _ = stage.ready(RedisCast.sentinel(name)) }
        _ = stage.report(5, "m1", from: "s2")
        _ = stage.ready(RedisCast.data("m1"))
        return stage
    }

    func started() -> [RedisRoutes.Action] { routes.started(at: now) }
    func ready(_ server: RedisServer) -> [RedisRoutes.Action] { routes.ready(server) }
    func lost(_ server: RedisServer) -> [RedisRoutes.Action] { routes.lost(server, at: now) }
    func refused(_ server: RedisServer) -> [RedisRoutes.Action] { routes.refused(server, at: now) }
    func woken() -> [RedisRoutes.Action] { routes.woken(at: now) }
    func told(_ map: RedisSlotMap, by server: RedisServer) -> [RedisRoutes.Action] {
        routes.told(map, by: server, at: now)
    }

    func report(_ epoch: Int64, _ master: String, from sentinel: String) -> [RedisRoutes.Action] {
        routes.told(
            SentinelReport(epoch: epoch, master: RedisCast.address(master)), by: RedisCast.sentinel(sentinel), at: now)
    }

    func complain(
        _ complaint: RedisComplaint, _ name: String, hops: Int = 0, tries: Int = 0
    ) -> (verdict: RedisRoutes.Verdict, actions: [RedisRoutes.Action]) {
        routes.complained(complaint, RedisCast.data(name), hops: hops, tries: tries, at: now)
    }

    /// Time passes until a sentinel is asked.
    func asked() -> RedisServer? {
        for action in wake() {
            switch action {
            case .ask(let sentinel): return sentinel
            case .connect(let sentinel) where sentinel.role == .sentinel:
                for case .ask(let asked) in ready(sentinel) { return asked }
            default: break
            }
        }
        return nil
    }

    /// Time passes until something is due.
    func wake() -> [RedisRoutes.Action] {
        guard let next = routes.nextWake else { return [] }
        now = max(now, next)
        return routes.woken(at: now)
    }
}

@Suite struct RedisRoutesTests {
    private let (a, b, c, d) = (
        RedisCast.data("a"), RedisCast.data("b"), RedisCast.data("c"), RedisCast.data("d")
    )

    // MARK: One server

    @Test func `a single server is connected to again with growing pauses, and nobody is asked`() {
        let stage = Stage(.server, "a")
        #expect(stage.started() == [.connect(a)])
        #expect(stage.routes.route(nil) == nil)
        var pauses: [Int64] = []
        for _ in 0..<12 {
            #expect(stage.lost(a) == [.dispatch])
            let before = stage.now
            #expect(stage.wake() == [.connect(a)])
            pauses.append((stage.now - before).nanoseconds / 1_000_000)
        }
        #expect((50...75).contains(pauses[0]))
        #expect(pauses[1] > pauses[0] && pauses[2] > pauses[1])
        #expect(pauses.suffix(6).allSatisfy { (1_000...1_500).contains($0) })
        #expect(Set(pauses.suffix(6)).count > 1)
        #expect(stage.ready(a) == [.dispatch])
        #expect(stage.routes.route(RedisCast.slot(5)) == a)
        #expect(stage.routes.isWhole && stage.routes.nextWake == nil)
        _ = stage.lost(a)
        let before = stage.now
        _ = stage.wake()
        #expect((stage.now - before).nanoseconds / 1_000_000 < 76)
    }

    @Test func `a single server's complaints are its callers', and a replica is connected to anew`() {
        let stage = Stage(.server, "a")
        _ = stage.started()
        _ = stage.ready(a)
        for complaint in [RedisComplaint.moved(RedisCast.slot(1), b.address), .ask(b.address), .loading, .tryAgain] {
            let (verdict, actions) = stage.complain(complaint, "a")
            #expect(verdict == .deliver && actions == [])
        }
        let (verdict, actions) = stage.complain(.readOnly, "a")
        #expect(verdict == .deliver)
        #expect(actions == [.close(a), .dispatch])
        #expect(stage.wake() == [.connect(a)])
    }

    // MARK: A cluster

    @Test func `a cluster's map is asked for, and every master connected to`() {
        let stage = Stage(.cluster, "a")
        #expect(stage.started() == [.connect(a)])
        #expect(stage.ready(a) == [.ask(a), .dispatch])
        #expect(
            stage.told(RedisCast.map("a", "b", "c"), by: a)
                == [.connect(b), .connect(c), .dispatch])
        #expect(stage.routes.route(RedisCast.slot(0)) == a)
        #expect(stage.routes.route(RedisCast.slot(16_383)) == nil)
        #expect(stage.routes.isUsable && !stage.routes.isWhole)
        _ = stage.ready(b)
        _ = stage.ready(c)
        #expect(stage.routes.route(RedisCast.slot(16_383)) == c)
        #expect(stage.routes.route(nil) != nil)
        #expect(stage.routes.isWhole)
    }

    @Test func `one seed behind the other is asked, and all of them again after a growing pause`() {
        let stage = Stage(.cluster, "a", "b", "c")
        let first = stage.started()
        #expect(first == [.connect(b)])
        #expect(stage.lost(b) == [.connect(c), .dispatch])
        #expect(stage.ready(c) == [.ask(c), .dispatch])
        #expect(stage.refused(c) == [.connect(a)])
        #expect(stage.lost(a) == [.dispatch])
        let before = stage.now
        #expect(stage.wake() == [.ask(c)])
        #expect((50...75).contains((stage.now - before).nanoseconds / 1_000_000))
    }

    @Test func `MOVED changes the slot at once and the whole map soon`() {
        let stage = Stage.cluster(RedisCast.map("a", "b", "c"))
        let slot = RedisCast.slot(0)
        let (verdict, actions) = stage.complain(.moved(slot, b.address), "a")
        #expect(verdict == .send(b, asking: false))
        #expect(actions == [])
        #expect(stage.routes.route(slot) == b)
        #expect(stage.routes.route(RedisCast.slot(1)) == a)
        let before = stage.now
        #expect(stage.wake() == [.ask(b)])
        #expect(stage.now - before <= .milliseconds(100))
    }

    @Test func `MOVED to an unknown master waits for the connection to it`() {
        let stage = Stage.cluster(RedisCast.map("a", "b", "c"))
        let (verdict, actions) = stage.complain(.moved(RedisCast.slot(0), d.address), "a")
        #expect(verdict == .wait(until: stage.now, to: nil))
        #expect(actions == [.connect(d)])
        #expect(stage.routes.route(RedisCast.slot(0)) == nil)
        #expect(stage.ready(d).contains(.dispatch))
        #expect(stage.routes.route(RedisCast.slot(0)) == d)
    }

    @Test func `ASK leads elsewhere once and changes no map`() {
        let stage = Stage.cluster(RedisCast.map("a", "b", "c"))
        let slot = RedisCast.slot(0)
        let (verdict, actions) = stage.complain(.ask(b.address), "a")
        #expect(verdict == .send(b, asking: true))
        #expect(actions == [])
        #expect(stage.routes.route(slot) == a)
        let (other, more) = stage.complain(.ask(d.address), "a")
        #expect(other == .wait(until: stage.now, to: d))
        #expect(more == [.connect(d)])
        #expect(stage.routes.isKnown(d) && !stage.routes.isReady(d))
        _ = stage.lost(d)
        #expect(!stage.routes.isKnown(d))
    }

    @Test func `nobody is sent from one to the other for ever`() {
        let stage = Stage.cluster(RedisCast.map("a", "b", "c"))
        for complaint in [RedisComplaint.moved(RedisCast.slot(0), b.address), .ask(b.address)] {
            #expect(stage.complain(complaint, "a", hops: RedisRoutes.hopsMax - 1).verdict != .deliver)
            #expect(stage.complain(complaint, "a", hops: RedisRoutes.hopsMax).verdict == .deliver)
        }
    }

    @Test(arguments: [RedisComplaint.tryAgain, .clusterDown, .masterDown, .loading, .readOnly])
    func `what came too early is repeated after growing pauses`(complaint: RedisComplaint) {
        let stage = Stage.cluster(RedisCast.map("a", "b", "c"))
        let pauses = (0..<40).map { tries -> Int64 in
            guard case .wait(let until, nil) = stage.complain(complaint, "a", tries: tries).verdict else { return -1 }
            return (until - stage.now).nanoseconds / 1_000_000
        }
        #expect(Array(pauses.prefix(6)) == [20, 40, 80, 160, 320, 320])
        #expect(pauses.last == 320)
    }

    @Test func `a cluster that complains is looked at again, but not more than ten times a second`() {
        let stage = Stage.cluster(RedisCast.map("a", "b", "c"))
        var looks = 0
        let end = stage.now + .seconds(1)
        while stage.now < end {
            stage.now = stage.now + .milliseconds(1)
            _ = stage.complain(.clusterDown, "a")
            guard let next = stage.routes.nextWake, next <= stage.now else { continue }
            for case .ask(let server) in stage.woken() {
                looks += 1
                _ = stage.told(RedisCast.map("a", "b", "c"), by: server)
            }
        }
        #expect((9...11).contains(looks))
    }

    @Test func `a lost master is looked for at the others until another has its slots`() {
        let stage = Stage.cluster(RedisCast.map("a", "b", "c"))
        #expect(stage.lost(a) == [.dispatch])
        #expect(stage.routes.route(RedisCast.slot(0)) == nil)
        #expect(stage.routes.isUsable && !stage.routes.isWhole)
        let began = stage.now
        var actions: [RedisRoutes.Action] = []
        for _ in 0..<8 {
            actions = stage.wake()
            if actions.contains(.connect(a)) { _ = stage.lost(a) }
            for case .ask(let server) in actions {
                #expect(server != a)
                let isPromoted = stage.now - began > .milliseconds(500)
                let map = isPromoted ? RedisCast.map("d", "b", "c") : RedisCast.map("a", "b", "c")
                _ = stage.told(map, by: server)
            }
        }
        #expect(stage.now - began < .seconds(2))
        _ = stage.ready(d)
        #expect(stage.routes.route(RedisCast.slot(0)) == d)
        #expect(stage.routes.isWhole)
    }

    @Test func `who is no master any more is let go when two maps have passed without use`() {
        let stage = Stage.cluster(RedisCast.map("a", "b", "c"))
        func look() -> [RedisRoutes.Action] { stage.wake() }
        for (number, expected) in [[], [RedisRoutes.Action.retire(a)]].enumerated() {
            let asked = look()
            guard case .ask(let server) = asked.first else {
                Issue.record("nobody was asked in look \(number)")
                return
            }
            let actions = stage.told(RedisCast.map("b", "c"), by: server)
            #expect(actions.filter { $0 == .retire(a) } == expected)
        }
        #expect(!stage.routes.isKnown(a))
        #expect(stage.ready(a) == [.close(a)])
    }

    // MARK: Sentinels

    @Test func `sentinels name the master, which is connected to and looked at every two seconds by turns`() {
        let stage = Stage(.sentinel(master: "m"), "s1", "s2", "s3")
        #expect(stage.started() == [.connect(RedisCast.sentinel("s2"))])
        #expect(stage.ready(RedisCast.sentinel("s2")) == [.ask(RedisCast.sentinel("s2"))])
        #expect(stage.report(5, "m1", from: "s2") == [.connect(RedisCast.data("m1")), .dispatch])
        #expect(stage.ready(RedisCast.data("m1")) == [.dispatch])
        #expect(stage.routes.route(RedisCast.slot(9)) == RedisCast.data("m1"))
        _ = stage.wake()
        _ = stage.ready(RedisCast.sentinel("s3"))
        _ = stage.report(5, "m1", from: "s3")
        let before = stage.now
        #expect(stage.wake() == [.connect(RedisCast.sentinel("s1"))])
        #expect(stage.now - before == .seconds(2))
    }

    @Test func `another master takes the place of the old one, whose connection is closed at once`() throws {
        let stage = Stage.sentinel()
        let sentinel = try #require(stage.asked())
        #expect(
            stage.report(6, "m2", from: sentinel.address.host)
                == [.close(RedisCast.data("m1")), .connect(RedisCast.data("m2")), .dispatch])
        #expect(stage.routes.route(nil) == nil)
        _ = stage.ready(RedisCast.data("m2"))
        #expect(stage.routes.route(nil) == RedisCast.data("m2"))
    }

    @Test func `a sentinel that has missed a failover is not believed`() throws {
        let stage = Stage.sentinel()
        let sentinel = try #require(stage.asked())
        // The next one is asked.
        #expect(stage.report(4, "m0", from: sentinel.address.host) == [.connect(RedisCast.sentinel("s1"))])
        #expect(stage.routes.route(nil) == RedisCast.data("m1"))
    }

    @Test func `sentinels set up anew are believed when nobody knows as much and the master is away`() {
        let stage = Stage.sentinel()
        var actions = stage.lost(RedisCast.data("m1"))
        var looks = 0
        while looks < 20, !stage.routes.isReady(RedisCast.data("m2")) {
            if actions.isEmpty {
                actions = stage.wake()
                looks += 1
                continue
            }
            switch actions.removeFirst() {
            case .ask(let sentinel): actions += stage.report(1, "m2", from: sentinel.address.host)
            case .connect(RedisCast.data("m1")): actions += stage.lost(RedisCast.data("m1"))
            case .connect(let server): actions += stage.ready(server)
            default: break
            }
        }
        #expect(stage.routes.route(nil) == RedisCast.data("m2"))
        #expect(looks > 1)
    }

    @Test(arguments: [RedisComplaint.readOnly, .masterDown, .loading])
    func `a master that is none is dropped, and the sentinels are asked at once`(complaint: RedisComplaint) {
        let stage = Stage.sentinel()
        stage.now = stage.now + .seconds(1)
        let (verdict, actions) = stage.complain(complaint, "m1")
        #expect(verdict == .wait(until: stage.now + .milliseconds(20), to: nil))
        #expect(actions == [.close(RedisCast.data("m1")), .dispatch])
        #expect(stage.routes.route(nil) == nil)
        let before = stage.now
        let woken = stage.wake()
        #expect(stage.now == before)
        #expect(woken.contains(.connect(RedisCast.sentinel("s3"))))
    }
}
