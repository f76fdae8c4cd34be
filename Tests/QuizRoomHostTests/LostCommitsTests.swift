import Logging
import NIOCore
import NIOPosix
import QuizModel
import QuizShards
import QuizTelemetry
import QuizTestKit
import Testing

@testable import QuizRoomHost

@Suite struct LostCommitsTests {
    private func head(_ number: Int64, _ chain: UInt8) -> JournalHead { JournalHead(number: number, chain: [chain]) }

    @Test func `what was committed and is not there is lost, what came later is not`() {
        #expect(RoomHost.lost(head(9, 1), found: head(9, 1)) == nil)
        #expect(RoomHost.lost(head(9, 1), found: head(12, 3)) == nil)
        #expect(RoomHost.lost(head(9, 1), found: head(7, 2)) == 2)
        #expect(RoomHost.lost(head(9, 1), found: head(9, 2)) == 1)
        #expect(RoomHost.lost(head(9, 1), found: nil) == 9)
        #expect(RoomHost.lost(head(0, 1), found: nil) == 1)
    }

    /// What the log says when shards are taken whose owner had told these heads.
    private func adopt(
        tampering tamper: (inout [JournalRow]) -> Void = { _ in }, telling heads: ([JournalRow]) -> JournalHead
    ) async throws -> (lost: UInt64, lines: [String]) {
        let journal = InMemoryRoomJournal()
        let stage = try await RoomStage(journal: journal)
        await stage.open()
        _ = await stage.join(try RecordingSession(1))
        let told = heads(journal.rows(of: RoomStage.roomID))
        journal.tamper(RoomStage.roomID, tamper)
        let registry = MetricsRegistry()
        let log = RecordingLog()
        let shard = ShardID(of: RoomStage.code)
        let metrics = RoomMetrics(registry)
        let host = RoomHost(
            configuration: .init(incarnation: Incarnation(value: 10), lanes: 1),
            parts: .init(
                journal: journal, store: journal, broadcaster: PlainBroadcaster(),
                questions: CannedQuestions(questions: []), work: BackgroundWork(),
                signer: try ResultSigner(secret: nil), keys: RoomKeys(secret: [UInt8](repeating: 1, count: 32)),
                metrics: metrics, wallClockMs: { 1_000 }),
            eventLoops: [MultiThreadedEventLoopGroup.singleton.next()], log: Logger(label: "host") { _ in log })
        host.begin()
        let terms = try await journal.take([shard], owner: Incarnation(value: 10))
        try await host.adopt(terms, began: .now(), expecting: [RoomStage.roomID: told])
        host.release(terms)
        return (metrics.lostCommits.value, log.lines)
    }

    @Test func `heads that are where the owner before left them are no loss`() async throws {
        let found = try await adopt { rows in JournalHead(number: Int64(rows.count), chain: rows.last?.chain ?? []) }
        #expect(found.lost == 0 && !found.lines.contains { $0.contains("Committed inputs") })
    }

    @Test func `a journal that went back is counted and told`() async throws {
        let found = try await adopt(
            tampering: { $0.removeLast() },
            telling: { rows in JournalHead(number: Int64(rows.count), chain: rows.last?.chain ?? []) })
        #expect(found.lost == 1)
        #expect(found.lines.contains { $0.contains("error Committed inputs of a room are gone") })
    }
}
