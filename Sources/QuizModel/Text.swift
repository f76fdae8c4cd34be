internal import Foundation

extension String {
    /// Unicode normalisation form C: text is normalised once, at the door.
    ///
    /// Plain ASCII is its own normal form; looking for that first spares most lines of chat the way through Foundation.
    package var nfcNormalized: String { utf8.isPlain ? self : precomposedStringWithCanonicalMapping }

    package var trimmedWhitespace: String {
        if let first = utf8.first, let last = utf8.last, first.isInk, last.isInk { return self }
        return trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// Visible characters of ASCII and nothing else, one or more.
    var isPlainWord: Bool { !isEmpty && utf8.allSatisfy(\.isInk) }
}

extension String.UTF8View {
    fileprivate var isPlain: Bool { allSatisfy { $0 < 0x80 } }
}

extension UInt8 {
    /// A visible character of ASCII: nothing at its side can be blank with it.
    fileprivate var isInk: Bool { (0x21...0x7E).contains(self) }
}

extension Unicode.Scalar {
    /// Neither a control, format, surrogate, private-use nor unassigned character, nor a line or paragraph separator.
    ///
    /// Format characters are refused because bidirectional overrides and zero-width characters make one name look
    /// like another. The zero-width joiner and variation selectors stay legal: emoji are made of them.
    package var isPrintable: Bool {
        if (0x20...0x7E).contains(value) { return true }
        if value == 0x200D || (0xFE00...0xFE0F).contains(value) { return true }
        switch properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: return false
        default: return true
        }
    }

    package var isVisible: Bool { isPrintable }
}

extension UInt8 {
    /// `A-Z a-z 0-9 _ - . :`
    var isNameByte: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: ":"):
            return true
        default: return false
        }
    }
}
