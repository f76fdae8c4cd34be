import QuizModel
import Testing

private protocol Passing: Sendable {
    func sum(_ number: Int, _ first: PlayerID, _ second: RoomID, _ third: GameID, _ last: Int) async -> UInt128
}

private final class Adder: Passing {
    func sum(_ number: Int, _ first: PlayerID, _ second: RoomID, _ third: GameID, _ last: Int) async -> UInt128 {
        await Task.yield()
        return UInt128(number) + first.value + second.value + third.value + UInt128(last)
    }
}

@Suite struct IdentifierPassingTests {
    @Test func `identifiers survive an asynchronous call with more arguments than registers`() async {
        let adder: any Passing = Adder()
        let sum = await adder.sum(1, PlayerID(value: 10), RoomID(value: 100), GameID(value: 1_000), 10_000)
        #expect(sum == 11_111)
    }
}
