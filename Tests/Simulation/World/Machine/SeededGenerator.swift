/// xoshiro256** (Blackman, Vigna 2018), seeded through SplitMix64. The same numbers on every machine.
package struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: (UInt64, UInt64, UInt64, UInt64)

    package init(seed: UInt64) {
        var mix = seed
        func word() -> UInt64 {
            mix &+= 0x9E37_79B9_7F4A_7C15
            var bits = mix
            bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
            bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
            return bits ^ (bits >> 31)
        }
        state = (word(), word(), word(), word())
    }

    package mutating func next() -> UInt64 {
        func rotate(_ bits: UInt64, _ count: UInt64) -> UInt64 { (bits << count) | (bits >> (64 - count)) }
        let result = rotate(state.1 &* 5, 7) &* 9
        let shifted = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = rotate(state.3, 45)
        return result
    }

    /// - Parameter bound: 1 or more. The bias of the multiplication does not matter here.
    package mutating func next(below bound: UInt64) -> UInt64 { next().multipliedFullWidth(by: bound).high }

    package mutating func pick(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(next(below: UInt64(range.count)))
    }

    /// - Parameter items: not empty.
    package mutating func pick<Item>(_ items: [Item]) -> Item { items[pick(0...items.count - 1)] }

    /// True once in `count` times.
    package mutating func oneIn(_ count: Int) -> Bool { next(below: UInt64(count)) == 0 }
}
