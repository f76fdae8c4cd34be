import QuizWire
import Testing

@Suite struct UTF8ValidatorTests {
    private func accepts(_ bytes: [UInt8], inPiecesOf size: Int) -> Bool {
        var validator = UTF8Validator()
        for start in stride(from: 0, to: bytes.count, by: size) {
            let piece = Array(bytes[start..<min(bytes.count, start + size)])
            guard piece.withUnsafeBytes({ validator.consume($0) }) else { return false }
        }
        return validator.isAtBoundary
    }

    @Test func `it agrees with the standard library on every string of up to three bytes of interest`() {
        let interesting: [UInt8] = [
            0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE,
            0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xF8, 0xFC, 0xFE, 0xFF,
        ]
        for first in interesting {
            for second in interesting {
                for third in interesting {
                    for fourth in [0x41, 0x80, 0xBF] as [UInt8] {
                        let bytes = [first, second, third, fourth]
                        let isValid = String(validating: bytes, as: UTF8.self) != nil
                        #expect(accepts(bytes, inPiecesOf: 1) == isValid)
                        #expect(accepts(bytes, inPiecesOf: 4) == isValid)
                    }
                }
            }
        }
    }

    @Test func `a fault behind a long run of ASCII is found`() {
        for count in 0..<20 {
            let run = [UInt8](repeating: 0x61, count: count)
            #expect(accepts(run, inPiecesOf: 64))
            #expect(!accepts(run + [0xFF], inPiecesOf: 64))
            #expect(!accepts(run + [0xC3], inPiecesOf: 64))
        }
    }
}
