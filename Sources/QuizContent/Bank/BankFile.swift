internal import Foundation
package import QuizModel

/// Formats in which questions come and go.
package enum BankFormat: String, Sendable, CaseIterable {
    /// The project's own JSON, as `config/questions.json`: nothing is lost.
    case quizmania
    /// The JSON of the Open Trivia Database: no ids, explanations, sources or questions with several right choices.
    case opentdb
    /// RFC 4180 with a header row; see `CSVBank`.
    case csv
}

/// Reads and writes banks. A file is taken whole or not at all.
package enum BankFile {
    /// A larger file is refused; bytes.
    package static let bytesMax = 64 << 20
    /// What a pack is called when its file does not say.
    package static let importedPack = QuestionPack(
        id: PackID(checked: "imported"), title: "Imported", description: "Questions from a file.")

    /// - Parameters:
    ///   - format: nil: found out from the content.
    ///   - pack: for formats that carry no pack; the quizmania format's own wins.
    /// - Throws: `BankRejected` with a line and a sentence for everything that is wrong.
    package static func read(
        _ bytes: [UInt8], format: BankFormat? = nil, pack: QuestionPack = importedPack
    ) throws(BankRejected) -> QuestionBank {
        guard bytes.count <= bytesMax else { throw BankRejected(line: 1, "The file is larger than 64 MiB.") }
        guard String(validating: bytes, as: UTF8.self) != nil else {
            throw BankRejected(line: 1, "The file is not UTF-8 text.")
        }
        let content = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
        let draft: BankDraft
        switch format ?? guess(content) {
        case .quizmania: draft = try QuizManiaBank.read(content)
        case .opentdb: draft = try OpenTDBBank.read(content, pack: pack)
        case .csv: draft = try CSVBank.read(content, pack: pack)
        }
        return try QuestionValidator.check(draft)
    }

    /// - Throws: `BankRejected` naming the questions that the format cannot hold; lines are places in the bank.
    package static func write(_ bank: QuestionBank, format: BankFormat) throws(BankRejected) -> [UInt8] {
        switch format {
        case .quizmania: return QuizManiaBank.write(bank)
        case .opentdb: return try OpenTDBBank.write(bank)
        case .csv: return CSVBank.write(bank)
        }
    }

    /// The format a file looks like.
    package static func guess(_ bytes: [UInt8]) -> BankFormat {
        guard let first = bytes.first(where: { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }),
            first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
        else { return .csv }
        if first == UInt8(ascii: "[") { return .opentdb }
        let members = try? JSONElements.members(of: bytes)  // broken JSON is reported by the reader
        return members?.keys.contains("results") == true ? .opentdb : .quizmania
    }
}
