import NIOCore
import QuizWire
import Testing

@Suite struct LatencyWindowTests {
    @Test func `the minimum of the last eight round trips is kept`() {
        var window = LatencyWindow()
        var now = NIODeadline.uptimeNanoseconds(1_000)
        #expect(window.minimum == nil)
        for milliseconds in [5, 50, 40, 30, 60, 70, 80, 90] as [Int64] {
            let isSent = window.pingSent(at: now)
            #expect(isSent)
            now = now + .milliseconds(milliseconds)
            window.pongReceived(at: now)
        }
        #expect(window.minimum == .milliseconds(5))
        _ = window.pingSent(at: now)
        window.pongReceived(at: now + .milliseconds(45))
        #expect(window.minimum == .milliseconds(30))
        #expect(window.latest == .milliseconds(45))
    }

    @Test func `a pong that answers nothing is ignored, and pings under way are bounded`() {
        var window = LatencyWindow()
        let now = NIODeadline.uptimeNanoseconds(1_000)
        window.pongReceived(at: now)
        #expect(window.minimum == nil)
        let answers = (0...LatencyWindow.outstandingMax).map { _ in window.pingSent(at: now) }
        #expect(answers.filter { $0 }.count == LatencyWindow.outstandingMax)
        #expect(answers.last == false)
    }
}
