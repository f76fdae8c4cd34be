import QuizModel
import QuizRoom
import QuizTestKit
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

    private static let origins = [
        nil, InputOrigin(session: 0, number: 0), InputOrigin(session: 0x0102_0304_0506_0708, number: 300),
        InputOrigin(session: .max, number: .max),
    ]

    @Test(arguments: inputs, origins)
    func `every input comes back as it was written`(input: RoomInput, origin: InputOrigin?) throws {
        let bytes = input.encode(at: instant, from: origin)
        let (decoded, at, from) = try RoomInput.decode(bytes)
        #expect(decoded == input)
        #expect(at == instant)
        #expect(from == origin)
        #expect(decoded.encode(at: at, from: from) == bytes)
    }

    @Test func `an input is written as version 1, and with its origin as version 2`() {
        let input = RoomInput.clock(.slowCommit)
        let origin = InputOrigin(session: 0x0102_0304_0506_0708, number: 300)
        #expect(input.encode(at: .zero) == [1, 0, 18, 2])
        #expect(input.encode(at: .zero, from: origin) == [2, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0xAC, 2, 18, 2])
    }

    @Test(arguments: inputs, origins)
    func `a part of an input is none, and nothing may follow one`(input: RoomInput, origin: InputOrigin?) {
        let bytes = input.encode(at: instant, from: origin)
        let lengths = bytes.count < 400 ? Array(bytes.indices) : Array(stride(from: 0, to: bytes.count, by: 37))
        for length in lengths {
            #expect(throws: RoomCodecError.self) { try RoomInput.decode(Array(bytes.prefix(length))).input }
        }
        #expect(throws: RoomCodecError(.trailingBytes, "input")) { try RoomInput.decode(bytes + [0]).input }
    }

    @Test func `versions, tags, numbers and texts outside the format are refused`() {
        let clock: [UInt8] = [1, 0, 18, 0]
        #expect(RoomInput.clock(.activation).encode(at: .zero) == clock)
        func code(_ bytes: [UInt8]) -> RoomCodecError.Code? {
            do throws(RoomCodecError) {
                _ = try RoomInput.decode(bytes).input
                return nil
            } catch { return error.code }
        }
        #expect(code(clock) == nil)
        #expect(code([]) == .truncated)
        #expect(code([0, 0, 18, 0]) == .unsupportedVersion)
        #expect(code([3, 0, 18, 0]) == .unsupportedVersion)
        // An origin without its number, with a number in a longer form than it needs, and with one too large.
        #expect(code([2, 0, 1, 2, 3, 4, 5, 6, 7, 8]) == .truncated)
        #expect(code([2, 0, 18, 0]) == .truncated)
        #expect(code([2, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0x80, 0, 18, 0]) == .outOfRange)
        #expect(code([2, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0x80, 0x80, 0x80, 0x80, 0x10, 18, 0]) == .outOfRange)
        #expect(code([2, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 18, 0]) == nil)
        #expect(code([1, 0, 0]) == .unknownTag)
        #expect(code([1, 0, 19]) == .unknownTag)
        #expect(code([1, 0, 18, 3]) == .unknownTag)
        #expect(code([1, 0x80, 0, 18, 0]) == .outOfRange)
        #expect(code([1] + Array(repeating: 0xFF, count: 10) + [18, 0]) == .outOfRange)
        // The end of room time, and the millisecond behind it.
        #expect(code([1, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10, 18, 0]) == nil)
        #expect(code([1, 0x81, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10, 18, 0]) == .outOfRange)
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
            try RoomInput.decode(old.encode(at: RoomInstant(milliseconds: -9))).input
                == .answer(player: TestRoom.ann, question: 0, choice: [0], id: id, ageMs: 0))
        let credit = RoomInput.tick(credits: [LatencyCredit(player: TestRoom.ann, milliseconds: 999)])
        #expect(
            try RoomInput.decode(credit.encode(at: .zero)).input
                == .tick(credits: [LatencyCredit(player: TestRoom.ann, milliseconds: 150)]))
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `random and damaged bytes are refused or read, never a crash`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var read = 0
        for round in 0..<6_000 {
            let origin = Self.origins[round % Self.origins.count]
            var bytes = Self.inputs[round % Self.inputs.count].encode(at: instant, from: origin)
            if round % 3 == 0 {
                bytes = (0..<Int.random(in: 0...80, using: &generator)).map { _ in
                    UInt8.random(in: 0...255, using: &generator)
                }
                if generator.chance(80), bytes.count > 2 { bytes[0] = round % 2 == 0 ? 1 : 2 }
            } else {
                for _ in 0...Int.random(in: 0...3, using: &generator) {
                    let place = Int.random(in: 0..<min(bytes.count, 200), using: &generator)
                    bytes[place] = UInt8.random(in: 0...255, using: &generator)
                }
            }
            // Whatever can be read must be canonical and harmless.
            guard let (input, at, from) = try? RoomInput.decode(bytes) else { continue }
            read += 1
            #expect(input.encode(at: at, from: from) == bytes)
            var room = TestRoom()
            _ = room.machine.apply(input, at: at, from: from)
        }
        #expect(read > 100)
    }
}
