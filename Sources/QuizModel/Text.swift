internal import Foundation

extension String {
    /// Unicode normalisation form C: text is normalised once, at the door.
    package var nfcNormalized: String { precomposedStringWithCanonicalMapping }

    package var trimmedWhitespace: String { trimmingCharacters(in: .whitespacesAndNewlines) }
}

extension Unicode.Scalar {
    /// Neither a control, format, surrogate, private-use nor unassigned character, nor a line or paragraph separator.
    ///
    /// Format characters are refused because bidirectional overrides and zero-width characters make one name look
    /// like another. The zero-width joiner and variation selectors stay legal: emoji are made of them.
    package var isPrintable: Bool {
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
