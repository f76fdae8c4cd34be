/// A 128-bit random name, written as a lower-case UUID (`8-4-4-4-12` hexadecimal digits).
///
/// Conforming types are wrappers, so that a room's name can never be handed over as a player's.
public protocol UniqueIdentifier: Hashable, Comparable, Sendable, Codable, CustomStringConvertible,
    LosslessStringConvertible
{
    var value: UInt128 { get }
    init(value: UInt128)
}

extension UniqueIdentifier {
    /// Draws a new identifier with the version and variant bits of a random UUID (RFC 9562, version 4).
    public static func random(using generator: inout some RandomNumberGenerator) -> Self {
        Self(random: UInt128(generator.next() as UInt64) << 64 | UInt128(generator.next() as UInt64))
    }

    public static func random() -> Self {
        var bits: UInt128 = 0
        withUnsafeMutableBytes(of: &bits) { SystemRandom.fill($0) }
        return Self(random: bits)
    }

    private init(random bits: UInt128) {
        let versioned = bits & ~(UInt128(0xF) << 76) | UInt128(4) << 76
        self.init(value: versioned & ~(UInt128(0b11) << 62) | UInt128(0b10) << 62)
    }

    /// Accepts the 36-character form only; upper-case digits are folded.
    public init?(_ description: String) {
        var bits: UInt128 = 0
        var count = 0
        for byte in description.utf8 {
            if count == 8 || count == 13 || count == 18 || count == 23 {
                guard byte == UInt8(ascii: "-") else { return nil }
            } else {
                let digit: UInt8
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
                case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
                case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
                default: return nil
                }
                guard count < 36 else { return nil }
                bits = bits << 4 | UInt128(digit)
            }
            count += 1
        }
        guard count == 36 else { return nil }
        self.init(value: bits)
    }

    public var description: String {
        String(unsafeUninitializedCapacity: 36) { text in
            writeDescription(to: text)
            return 36
        }
    }

    /// Writes the characters of `description`, ASCII, without a string: a hundred identifiers are written in one reveal.
    ///
    /// - Precondition: there is room for 36.
    package func writeDescription(to text: UnsafeMutableBufferPointer<UInt8>) {
        precondition(text.count >= 36, "A UUID has 36 characters.")
        let (high, low) = (UInt64(truncatingIfNeeded: value >> 64), UInt64(truncatingIfNeeded: value))
        var position = 0
        for index in 0..<32 {
            if index == 8 || index == 12 || index == 16 || index == 20 {
                text[position] = UInt8(ascii: "-")
                position += 1
            }
            let digit = UInt8(truncatingIfNeeded: (index < 16 ? high : low) >> UInt64(60 - 4 * (index & 15))) & 0xF
            text[position] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit
            position += 1
        }
    }

    public static func < (left: Self, right: Self) -> Bool { left.value < right.value }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let parsed = Self(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "Not a UUID.")
        }
        self = parsed
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// 128 bits as two words.
///
/// A stored `UInt128` is aligned to 16 bytes, and Swift 6.3 loses count of that where such arguments of an asynchronous
/// protocol requirement overflow to the stack (with `NonisolatedNonsendingByDefault`, on x86-64): the call crashes. Two
/// words are passed correctly. `IdentifierPassingTests` holds a call of that shape.
struct IdentifierBits: Hashable, Sendable {
    private let high: UInt64
    private let low: UInt64

    init(_ value: UInt128) {
        high = UInt64(truncatingIfNeeded: value >> 64)
        low = UInt64(truncatingIfNeeded: value)
    }

    var value: UInt128 { UInt128(high) << 64 | UInt128(low) }
}

/// An account in a room; a guest has one too.
public struct PlayerID: UniqueIdentifier {
    private let bits: IdentifierBits
    public var value: UInt128 { bits.value }
    public init(value: UInt128) { bits = IdentifierBits(value) }
}

/// A room, for ever; its `RoomCode` is only lent to it.
public struct RoomID: UniqueIdentifier {
    private let bits: IdentifierBits
    public var value: UInt128 { bits.value }
    public init(value: UInt128) { bits = IdentifierBits(value) }
}

/// One play-through of a quiz in a room; a rematch is another game.
public struct GameID: UniqueIdentifier {
    private let bits: IdentifierBits
    public var value: UInt128 { bits.value }
    public init(value: UInt128) { bits = IdentifierBits(value) }
}

/// A stored line of chat.
public struct ChatMessageID: UniqueIdentifier {
    private let bits: IdentifierBits
    public var value: UInt128 { bits.value }
    public init(value: UInt128) { bits = IdentifierBits(value) }
}

/// A process from its start to its end. Drawn at start, never derived from the node's name, so that a restarted
/// node is somebody else.
public struct Incarnation: UniqueIdentifier {
    private let bits: IdentifierBits
    public var value: UInt128 { bits.value }
    public init(value: UInt128) { bits = IdentifierBits(value) }
}

/// A wrapper around text with a rule; invalid text is refused where it is decoded.
public protocol TextValue: Hashable, Sendable, Codable, CustomStringConvertible {
    var text: String { get }
    /// Returns nil when the text breaks the type's rule. May normalise (trim, NFC).
    init?(_ text: String)
    /// The rule in a sentence, for error messages and the API documents.
    static var rule: String { get }
    /// Bounds in Unicode scalars, for the API documents.
    static var lengthBounds: ClosedRange<Int> { get }
}

extension TextValue {
    public var description: String { text }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let value = Self(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: Self.rule)
        }
        self = value
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

/// What a player types to join: 7 symbols of an alphabet without look-alikes. Lower case is folded.
public struct RoomCode: TextValue {
    public static let alphabet = Array("23456789ABCDEFGHJKMNPQRSTVWXYZ".utf8)
    public static let length = 7
    public static let rule = "A room code has 7 letters and digits, without 0, 1, I, L, O and U."
    public static let lengthBounds = 7...7

    public let text: String

    public init?(_ text: String) {
        let folded = text.uppercased()
        guard folded.utf8.count == Self.length, folded.utf8.allSatisfy(Self.alphabet.contains) else { return nil }
        self.text = folded
    }

    public static func random(using generator: inout some RandomNumberGenerator) -> RoomCode {
        let symbols = (0..<length).map { _ in alphabet.randomElement(using: &generator) ?? alphabet[0] }
        guard let code = RoomCode(String(decoding: symbols, as: UTF8.self)) else {
            preconditionFailure("A code drawn from the alphabet is a code.")
        }
        return code
    }
}

/// What others see of a player: 1 to 20 visible characters, no control characters, no line breaks.
public struct Nickname: TextValue {
    public static let rule = "A nickname has 1 to 20 visible characters."
    public static let lengthBounds = 1...20

    public let text: String

    public init?(_ text: String) {
        // Most are one plain word, as which they are read wherever they come by: from tokens, rows, other nodes.
        if text.utf8.count <= Self.lengthBounds.upperBound, text.isPlainWord {
            self.text = text
            return
        }
        var kept = text.unicodeScalars.split(whereSeparator: \.properties.isWhitespace)
            .map { String(String.UnicodeScalarView($0)) }.joined(separator: " ")
        kept = kept.nfcNormalized
        let scalars = kept.unicodeScalars
        guard Self.lengthBounds.contains(kept.count), scalars.count <= 60, scalars.allSatisfy(\.isVisible) else {
            return nil
        }
        self.text = kept
    }
}

/// A room's password: 1 to 64 characters, compared as typed.
public struct RoomPassword: TextValue {
    public static let rule = "A room password has 1 to 64 characters."
    public static let lengthBounds = 1...64

    public let text: String

    public init?(_ text: String) {
        guard Self.lengthBounds.contains(text.unicodeScalars.count) else { return nil }
        self.text = text
    }
}

/// A line of chat: 1 to 500 characters after trimming, without control characters other than the line feed.
public struct ChatText: TextValue {
    public static let rule = "A chat message has 1 to 500 characters."
    public static let lengthBounds = 1...500

    public let text: String

    public init?(_ text: String) {
        let trimmed = text.nfcNormalized.trimmedWhitespace
        let scalars = trimmed.unicodeScalars
        guard Self.lengthBounds.contains(scalars.count),
            scalars.allSatisfy({ $0 == "\n" || $0.isPrintable })
        else { return nil }
        self.text = trimmed
    }
}

/// A short machine name: 1 to 64 of `A-Z a-z 0-9 _ - . :`.
public protocol StableName: TextValue {
    init(checked text: String)
}

extension StableName {
    public static var rule: String { "A name has 1 to 64 characters of A-Z, a-z, 0-9, '_', '-', '.' and ':'." }
    public static var lengthBounds: ClosedRange<Int> { 1...64 }

    public init?(_ text: String) {
        guard Self.lengthBounds.contains(text.utf8.count), text.utf8.allSatisfy(\.isNameByte) else { return nil }
        self.init(checked: text)
    }
}

/// A name the *client* gives to something it sends, so that a retry is recognised.
public struct ClientID: StableName {
    public let text: String
    public init(checked text: String) { self.text = text }
}

/// A question's name in the bank, for example `science-017`.
public struct QuestionID: StableName {
    public let text: String
    public init(checked text: String) { self.text = text }
}

/// A category's name, for example `geography`.
public struct CategoryID: StableName {
    public let text: String
    public init(checked text: String) { self.text = text }
}

/// A pack's name, for example `starter`.
public struct PackID: StableName {
    public let text: String
    public init(checked text: String) { self.text = text }
}
