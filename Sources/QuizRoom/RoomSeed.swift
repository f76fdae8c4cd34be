import Crypto
import QuizModel

/// The key of a room's generator: 32 bytes drawn by the shell when the room opens, and journaled with it.
///
/// Whoever knows it can foretell the order of choices, so it never shows in a log: its description hides the bytes.
package struct RoomSeed: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible {
    package static let length = 32

    package let bytes: [UInt8]

    /// - Parameter bytes: 32 of them; a room refuses to open with another number.
    package init(bytes: [UInt8]) { self.bytes = bytes }

    package var description: String { "RoomSeed(hidden)" }
    package var debugDescription: String { description }
}

/// Numbers that only the seed's holder can foretell: HMAC-SHA-256 under the seed over (purpose, game, index, counter).
///
/// It has no state to keep: the same seed, game and index give the same numbers on any machine, and nothing else goes
/// in, above all not the right answers (P8).
struct KeyedSequence {
    private let key: SymmetricKey
    private let prefix: [UInt8]
    private var counter: UInt32 = 0
    private var words: [UInt32] = []

    init(seed: RoomSeed, purpose: String, game: GameID, index: Int) {
        key = SymmetricKey(data: seed.bytes)
        var writer = BinaryWriter()
        writer.string(purpose)
        writer.identifier(game)
        writer.int(index)
        prefix = writer.bytes
    }

    /// A number from 0 up to, not including, `bound`, each equally likely: words in the uneven tail are passed over.
    mutating func next(below bound: Int) -> Int {
        let bound = UInt32(bound)
        let even = UInt32.max - UInt32.max % bound
        while true {
            let word = nextWord()
            if word < even { return Int(word % bound) }
        }
    }

    private mutating func nextWord() -> UInt32 {
        if let word = words.popLast() { return word }
        let block = prefix + withUnsafeBytes(of: counter.bigEndian, Array.init)
        counter += 1
        let code = Array(HMAC<SHA256>.authenticationCode(for: block, using: key))
        words = stride(from: 0, to: code.count, by: 4).map { start in
            code[start..<start + 4].reduce(0) { $0 << 8 | UInt32($1) }
        }
        return nextWord()
    }

    /// A random order of `0 ..< count` (Fisher and Yates).
    mutating func permutation(of count: Int) -> [Int] {
        var order = Array(0..<count)
        for last in stride(from: count - 1, to: 0, by: -1) {
            order.swapAt(last, next(below: last + 1))
        }
        return order
    }
}
