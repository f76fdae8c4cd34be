internal import Foundation
internal import QuizModel

/// The JSON of the Open Trivia Database (<https://opentdb.com/api_config.php>): `{"response_code": 0, "results": […]}`
/// or the bare array, with HTML entities in every text.
enum OpenTDBBank {
    private struct Row: Codable {
        var type: String
        var difficulty: String
        var category: String
        var question: String
        var right: String
        var wrong: [String]

        enum CodingKeys: String, CodingKey {
            case type, difficulty, category, question
            case right = "correct_answer"
            case wrong = "incorrect_answers"
        }
    }

    static func read(_ bytes: [UInt8], pack: QuestionPack) throws(BankRejected) -> BankDraft {
        let array: JSONElement
        if bytes.first(where: { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }) == UInt8(ascii: "[") {
            array = JSONElement(bytes: bytes[...], line: 1)
        } else {
            let members = try JSONElements.members(of: bytes)
            if let code = members["response_code"], try JSONRow.decode(Int.self, from: code) != 0 {
                throw BankRejected(line: code.line, "The database answered with an error: `response_code` is not 0.")
            }
            guard let results = members["results"] else { throw BankRejected(line: 1, "`results` is missing.") }
            array = results
        }
        var draft = BankDraft(pack: pack, categories: [], questions: [])
        for element in try JSONElements.elements(of: array) {
            do throws(BankRejected) {
                let row = try JSONRow.decode(Row.self, from: element)
                let name = HTMLEntities.decode(row.category)
                let category = CategoryName.id(for: name)
                draft.addCategory(category, name: name)
                draft.questions.append(question(row, category: category, line: element.line))
            } catch {
                draft.faults += error.faults
            }
        }
        return draft
    }

    private static func question(_ row: Row, category: String, line: Int) -> QuestionDraft {
        let prompt = HTMLEntities.decode(row.question)
        let right = HTMLEntities.decode(row.right)
        let isBoolean = row.type == "boolean"
        // In order of the alphabet, so that the right one has no place of its own.
        let choices =
            isBoolean
            ? QuestionValidator.booleanChoices : ([right] + row.wrong.map(HTMLEntities.decode)).sorted()
        let kind =
            switch row.type {
            case "multiple": QuestionKind.single.rawValue  // "multiple choice": one of several is right
            case "boolean": QuestionKind.boolean.rawValue
            default: row.type
            }
        return QuestionDraft(
            line: line, id: "opentdb-" + fingerprint(of: NormalisedText.of(prompt)), kind: kind, category: category,
            difficulty: row.difficulty, prompt: prompt, choices: choices,
            correct: choices.firstIndex(of: right).map { [$0] } ?? [])
    }

    static func write(_ bank: QuestionBank) throws(BankRejected) -> [UInt8] {
        var faults: [BankFault] = []
        var names: [CategoryID: String] = [:]
        for category in bank.categories { names[category.id] = category.name }
        var rows: [Row] = []
        for (index, question) in bank.questions.enumerated() {
            guard question.kind != .multiple, let right = question.correct.first else {
                faults.append(
                    BankFault(
                        line: index + 1, row: question.id.text,
                        sentence: "This format holds one right choice a question."))
                continue
            }
            let wrong = question.choices.indices.filter { $0 != right }.map {
                HTMLEntities.encode(question.choices[$0])
            }
            rows.append(
                Row(
                    type: question.kind == .boolean ? "boolean" : "multiple", difficulty: question.difficulty.rawValue,
                    category: HTMLEntities.encode(names[question.category] ?? question.category.text),
                    question: HTMLEntities.encode(question.prompt),
                    right: HTMLEntities.encode(question.choices[right]), wrong: wrong))
        }
        guard faults.isEmpty else { throw BankRejected(faults: faults) }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Rows are texts only, which always encode.
        let lines = rows.compactMap { try? encoder.encode($0) }.map { String(decoding: $0, as: UTF8.self) }
        return Array("{\"response_code\":0,\"results\":[\n\(lines.joined(separator: ",\n"))\n]}\n".utf8)
    }

    /// FNV-1a, 64 bits, hexadecimal: the same question gets the same id in every import.
    private static func fingerprint(of text: String) -> String {
        let hash = text.utf8.reduce(UInt64(0xCBF2_9CE4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

/// Ids for categories that only have a name.
enum CategoryName {
    /// `Entertainment: Film & TV` → `entertainment-film-tv`.
    static func id(for name: String) -> String {
        let slug = NormalisedText.of(name).unicodeScalars.map { $0.isASCII ? String($0) : "" }.joined()
        return slug.split(separator: " ").joined(separator: "-").prefix(64).description
    }
}

extension BankDraft {
    /// Adds a category the first time it is met; one without a legal id is reported with its question.
    mutating func addCategory(_ id: String, name: String) {
        guard let id = CategoryID(id), !categories.contains(where: { $0.id == id }) else { return }
        categories.append(Category(id: id, name: name))
    }
}
