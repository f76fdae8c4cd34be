internal import Foundation

/// Text reduced to what makes two questions the same: letters and digits, without case, accents and punctuation.
package enum NormalisedText {
    package static func of(_ text: String) -> String {
        let folded = text.folding(options: [.caseInsensitive, .diacriticInsensitive, .widthInsensitive], locale: nil)
        return folded.unicodeScalars
            .split { !($0.properties.isAlphabetic || $0.properties.numericType != nil) }
            .map { String(String.UnicodeScalarView($0)) }
            .joined(separator: " ")
    }
}
