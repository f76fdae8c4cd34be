import QuizModel
import QuizRoom
import Testing

struct RoomInputCodecTests {
    private static let inputs: [RoomInput] = {
        let (ann, bob) = (TestRoom.ann, TestRoom.bob)
        let settings = RoomSettings(
            title: "Müller's 🎉 quiz", visibility: .private, questionCount: 50, answerWindowMs: 120_000,
            categories: [TestRoom.checked(CategoryID("geography"))], difficulty: .hard, speedPoints: false,
            autoAdvance: false)
        let creator = PlayerID(value: UInt128.max)
        return [
            .opened(
                code: TestRoom.code, creator: creator, settings: settings, passwordDigest: Array(0..<32),
                seed: TestRoom.seed),
            .opened(
                code: TestRoom.code, creator: ann, settings: RoomSettings(), passwordDigest: nil, seed: TestRoom.seed),
            .join(
                player: ann, nickname: TestRoom.checked(Nickname("Zoë")), role: .player, passwordDigest: [0, 255]),
            .join(player: bob, nickname: TestRoom.nickname(bob), role: .display, passwordDigest: nil),
            .leave(player: ann), .kick(by: ann, player: bob), .transferHost(by: ann, to: bob),
            .lock(by: ann, locked: true), .ready(player: ann, ready: false),
            .configure(by: ann, settings: settings, passwordDigest: nil),
            .presence(player: ann, present: true),
            .start(by: ann, game: TestRoom.game(3), questions: TestRoom.questions(50)),
            .answer(
                player: ann, question: 49, choice: [0, 3, 5], id: TestRoom.checked(ClientID("c:1")), ageMs: 3_600_000),
            .pause(by: ann), .resume(by: ann), .skip(by: ann), .rematch(by: ann), .close(by: ann),
            .tick(credits: []),
            .tick(credits: [LatencyCredit(player: ann, milliseconds: 150), LatencyCredit(player: bob, milliseconds: 0)]
            ),
            .clock(.activation), .clock(.loopGap), .clock(.slowCommit),
        ]
    }()

    private let instant = RoomInstant(milliseconds: 1_234_567_890_123)

    @Test(arguments: inputs) func `every input comes back as it was written`(input: RoomInput) throws {
        let bytes = input.encode(at: instant)
        let (decoded, at) = try RoomInput.decode(bytes)
        #expect(decoded == input)
        #expect(at == instant)
        #expect(decoded.encode(at: at) == bytes)
    }

    @Test(arguments: inputs)
    func `a part of an input is none, and nothing may follow one`(input: RoomInput) {
        let bytes = input.encode(at: instant)
        let lengths = bytes.count < 400 ? Array(bytes.indices) : Array(stride(from: 0, to: bytes.count, by: 37))
        for length in lengths {
            #expect(throws: RoomCodecError.self) { try RoomInput.decode(Array(bytes.prefix(length))) }
        }
        #expect(throws: RoomCodecError(.trailingBytes, "input")) { try RoomInput.decode(bytes + [0]) }
    }

    @Test func `versions, tags, numbers and texts outside the format are refused`() {
        let clock: [UInt8] = [1, 0, 18, 0]
        #expect(RoomInput.clock(.activation).encode(at: .zero) == clock)
        func code(_ bytes: [UInt8]) -> RoomCodecError.Code? {
            do throws(RoomCodecError) {
                _ = try RoomInput.decode(bytes)
                return nil
            } catch { return error.code }
        }
        #expect(code(clock) == nil)
        #expect(code([]) == .truncated)
        #expect(code([2, 0, 18, 0]) == .unsupportedVersion)
        #expect(code([1, 0, 0]) == .unknownTag)
        #expect(code([1, 0, 19]) == .unknownTag)
        #expect(code([1, 0, 18, 3]) == .unknownTag)
        #expect(code([1, 0x80, 0, 18, 0]) == .outOfRange)
        #expect(code([1] + Array(repeating: 0xFF, count: 10) + [18, 0]) == .outOfRange)
        let ready = RoomInput.ready(player: TestRoom.ann, ready: true).encode(at: .zero)
        #expect(code(ready.dropLast() + [2]) == .outOfRange)
        // A tick that claims more credits than its bytes can hold.
        #expect(code([1, 0, 17, 250, 1]) == .truncated)
        #expect(code([1, 0, 17, 0xFF, 0xFF, 0x7F]) == .outOfRange)
        // A nickname that is not UTF-8.
        var join = RoomInput.join(
            player: TestRoom.ann, nickname: TestRoom.checked(Nickname("Z")), role: .player, passwordDigest: nil
        ).encode(at: .zero)
        join[join.count - 3] = 0xC0
        #expect(code(join) == .outOfRange)
    }

    @Test func `numbers are written as the machine takes them`() throws {
        let id = TestRoom.checked(ClientID("a"))
        let old = RoomInput.answer(player: TestRoom.ann, question: 0, choice: [0], id: id, ageMs: -5)
        #expect(
            try RoomInput.decode(old.encode(at: RoomInstant(milliseconds: -9))).0
                == .answer(player: TestRoom.ann, question: 0, choice: [0], id: id, ageMs: 0))
        let credit = RoomInput.tick(credits: [LatencyCredit(player: TestRoom.ann, milliseconds: 999)])
        #expect(
            try RoomInput.decode(credit.encode(at: .zero)).0
                == .tick(credits: [LatencyCredit(player: TestRoom.ann, milliseconds: 150)]))
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `random and damaged bytes are refused or read, never a crash`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var read = 0
        for round in 0..<6_000 {
            var bytes = Self.inputs[round % Self.inputs.count].encode(at: instant)
            if round % 3 == 0 {
                bytes = (0..<Int.random(in: 0...80, using: &generator)).map { _ in
                    UInt8.random(in: 0...255, using: &generator)
                }
                if generator.chance(80), bytes.count > 2 { bytes[0] = 1 }
            } else {
                for _ in 0...Int.random(in: 0...3, using: &generator) {
                    let place = Int.random(in: 0..<min(bytes.count, 200), using: &generator)
                    bytes[place] = UInt8.random(in: 0...255, using: &generator)
                }
            }
            // Whatever can be read must be canonical and harmless.
            guard let (input, at) = try? RoomInput.decode(bytes) else { continue }
            read += 1
            #expect(input.encode(at: at) == bytes)
            var room = TestRoom()
            _ = room.machine.apply(input, at: at)
        }
        #expect(read > 100)
    }
}
