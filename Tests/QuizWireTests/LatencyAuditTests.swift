import NIOCore
import QuizWire
import Testing

@Suite struct LatencyAuditTests {
    @Test func `who delays pongs at three answers in a row is flagged, once`() {
        var audit = LatencyAudit()
        let findings = (0..<5).map { _ in audit.compare(pings: .milliseconds(150), transport: .milliseconds(20)) }
        #expect(findings == [false, false, true, false, false])
        #expect(audit.isFlagged)
    }

    @Test func `a slow network and one busy moment are no reason`() {
        var audit = LatencyAudit()
        for _ in 0..<10 {
            let isFound = audit.compare(pings: .milliseconds(400), transport: .milliseconds(390))
            #expect(!isFound)
        }
        for pings in [200, 200, 30, 200, 200, 30] as [Int64] {
            let isFound = audit.compare(pings: .milliseconds(pings), transport: .milliseconds(20))
            #expect(!isFound)
        }
        #expect(!audit.isFlagged)
    }
}
