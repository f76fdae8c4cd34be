import NIOCore
import QuizCluster
import QuizModel
import QuizWire
import Testing

@Suite struct CommandBacklogTests {
    private func add(_ backlog: inout CommandBacklog, ack: Int?, isHeld: Bool = false) -> CommandBacklog.Entry? {
        backlog.add(
            name: .gameAnswer, json: ByteBuffer(string: "{}"), ack: ack, began: .uptimeNanoseconds(1), isHeld: isHeld)
    }

    @Test func `commands are numbered in the order they come, and only what wants an answer is kept`() {
        var backlog = CommandBacklog()
        let numbers = [add(&backlog, ack: 10), add(&backlog, ack: nil), add(&backlog, ack: 11)].map { $0?.number }
        #expect(numbers == [1, 2, 3])
        #expect(backlog.unanswered.map(\.number) == [1, 3])
    }

    @Test func `an answer takes its command out, and an unknown one nothing`() {
        var backlog = CommandBacklog()
        for ack in [10, 11, 12] { _ = add(&backlog, ack: ack) }
        backlog.answered(11)
        backlog.answered(99)
        #expect(backlog.unanswered.map(\.ack) == [10, 12])
    }

    @Test
    func `what cannot be sent yet is kept in any case, sent in order, and then forgotten unless it wants an answer`() {
        var backlog = CommandBacklog()
        for ack in [1, nil, 2] { _ = add(&backlog, ack: ack, isHeld: true) }
        let sent = backlog.sendAll()
        #expect(sent.map(\.number) == [1, 2, 3])
        let again = backlog.sendAll()
        #expect(again.map(\.number) == [1, 3])
    }

    @Test func `at the bound the next command is refused and takes no number, until one is answered`() {
        var backlog = CommandBacklog()
        for ack in 0..<Limits.unansweredCommandsMax { _ = add(&backlog, ack: ack) }
        let (refused, plain) = (add(&backlog, ack: 5_000), add(&backlog, ack: nil))
        #expect(refused == nil)
        #expect(plain == nil)
        backlog.answered(0)
        let next = add(&backlog, ack: 5_001)
        #expect(next?.number == UInt32(Limits.unansweredCommandsMax + 1))
    }

    @Test func `clearing gives everything once`() {
        var backlog = CommandBacklog()
        for ack in [1, 2] { _ = add(&backlog, ack: ack) }
        let (cleared, again) = (backlog.clear(), backlog.clear())
        #expect(cleared.map(\.ack) == [1, 2])
        #expect(again == [])
    }
}
