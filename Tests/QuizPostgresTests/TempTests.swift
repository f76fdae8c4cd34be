import Testing
import QuizModel
import QuizRoomHost
import QuizShards
@testable import QuizPostgres
@Suite struct TempTests {
    func rec() -> (RoomRecord, Term) { var g = SystemRandomNumberGenerator(); let s = ShardID.all[3]
        return (RoomRecord(room: .random(), code: .random(using: &g), shard: s, rules: 1), Term(shard: s, epoch: Epoch(1), owner: .random())) }
    @Test func opOver() async throws { let p = try await TestDatabase().postgres; let (r, t) = rec(); let a = try await p.rooms.create(r, term: t); #expect(a == .termOver) }
    @Test func opCreated() async throws { let p = try await TestDatabase().postgres; let (r, _) = rec(); let t = try await p.rooms.take([r.shard], owner: .random())[0]; let a = try await p.rooms.create(r, term: t); #expect(a == .created) }
    @Test func opExist() async throws { let p = try await TestDatabase().postgres; let (r, _) = rec(); let t = try await p.rooms.take([r.shard], owner: .random())[0]; let s: any RoomStore = p.rooms; let a = try await s.create(r, term: t); #expect(a == .created) }
    @Test func opTaken() async throws { let p = try await TestDatabase().postgres;  let s: any RoomStore = p.rooms; guard let t = try await s.take([ShardID.all[1]], owner: .random()).first else { return }; #expect(t.epoch == Epoch(1)) }
    @Test func opMake() async throws { let p = try await TestDatabase().postgres; let (r, _) = rec(); let t = try await p.rooms.take([r.shard], owner: .random())[0]; _ = try await RoomDriver.make(in: p.rooms, term: t) }
}
