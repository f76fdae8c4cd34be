internal import Foundation
internal import QuizModel

/// The project's own format: `{"format": 1, "pack": …, "categories": […], "questions": […]}`.
enum QuizManiaBank {
    static let format = 1

    private struct Row: Decodable {
        var id: String
        var kind: String
        var category: String
        var difficulty: String
        var prompt: String
        var choices: [String]
        var correct: [Int]
        var explanation: String?
        var source: Source?
    }

    private struct Source: Codable {
        var title: String?
        var url: String?
    }

    static func read(_ bytes: [UInt8]) throws(BankRejected) -> BankDraft {
        let members = try JSONElements.members(of: bytes)
        func member(_ name: String) throws(BankRejected) -> JSONElement {
            guard let element = members[name] else { throw BankRejected(line: 1, "`\(name)` is missing.") }
            return element
        }
        let version = try member("format")
        guard try JSONRow.decode(Int.self, from: version) == format else {
            throw BankRejected(line: version.line, "`format` is \(format).")
        }
        let pack = try JSONRow.decode(QuestionPack.self, from: try member("pack"))
        var draft = BankDraft(pack: pack, categories: [], questions: [])
        for element in try JSONElements.elements(of: try member("categories")) {
            draft.categories.append(try JSONRow.decode(Category.self, from: element))
        }
        for element in try JSONElements.elements(of: try member("questions")) {
            do throws(BankRejected) {
                let row = try JSONRow.decode(Row.self, from: element)
                draft.questions.append(
                    QuestionDraft(
                        line: element.line, id: row.id, kind: row.kind, category: row.category,
                        difficulty: row.difficulty, prompt: row.prompt, choices: row.choices, correct: row.correct,
                        explanation: row.explanation, sourceTitle: row.source?.title, sourceURL: row.source?.url))
            } catch {
                draft.faults += error.faults
            }
        }
        return draft
    }

    /// One line a question, so that a change of one shows as one line.
    static func write(_ bank: QuestionBank) -> [UInt8] {
        var text = "{\n  \"format\": \(format),\n  \"pack\": \(json(bank.pack)),\n  \"categories\": [\n"
        text += bank.categories.map { "    " + json($0) }.joined(separator: ",\n")
        text += "\n  ],\n  \"questions\": [\n"
        text += bank.questions.map { "    " + json($0) }.joined(separator: ",\n")
        return Array((text + "\n  ]\n}\n").utf8)
    }

    private static func json(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(value) else {  // texts and small numbers always encode
            preconditionFailure("A question is made of texts and whole numbers.")
        }
        return String(decoding: data, as: UTF8.self)
    }
}
