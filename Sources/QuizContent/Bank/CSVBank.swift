internal import QuizModel

/// Comma-separated rows under a header (RFC 4180).
///
/// Columns, in any order: `id, kind, category, difficulty, prompt, choices, correct, explanation, source_title, source_url`
/// and, if wanted, `category_name`. `choices` and `correct` (indices from 0) are separated by `|`; a bar or backslash
/// inside a choice has a backslash before it. An empty explanation or source means that there is none.
enum CSVBank {
    static let columns = [
        "id", "kind", "category", "difficulty", "prompt", "choices", "correct", "explanation", "source_title",
        "source_url",
    ]
    static let optionalColumns = ["category_name"]

    static func read(_ bytes: [UInt8], pack: QuestionPack) throws(BankRejected) -> BankDraft {
        let rows = try CSVRows.parse(String(decoding: bytes, as: UTF8.self))
        guard let header = rows.first else { throw BankRejected(line: 1, "The header row is missing.") }
        let place = try places(in: header)
        var draft = BankDraft(pack: pack, categories: [], questions: [])
        for row in rows.dropFirst() {
            guard row.fields.count == header.fields.count else {
                draft.faults.append(
                    BankFault(
                        line: row.line,
                        sentence: "There are \(row.fields.count) fields instead of \(header.fields.count)."))
                continue
            }
            func field(_ name: String) -> String { place[name].map { row.fields[$0] } ?? "" }
            func optional(_ name: String) -> String? { field(name).isEmpty ? nil : field(name) }
            let correct = field("correct").split(separator: "|", omittingEmptySubsequences: false)
                .map { Int($0.filter { $0 != " " }) }
            guard !correct.contains(nil) else {
                draft.faults.append(
                    BankFault(
                        line: row.line, row: optional("id"), sentence: "`correct` is whole numbers separated by |."))
                continue
            }
            let category = field("category")
            draft.addCategory(category, name: optional("category_name") ?? displayName(of: category))
            draft.questions.append(
                QuestionDraft(
                    line: row.line, id: field("id"), kind: field("kind"), category: category,
                    difficulty: field("difficulty"), prompt: field("prompt"), choices: split(field("choices")),
                    correct: correct.compactMap { $0 }, explanation: optional("explanation"),
                    sourceTitle: optional("source_title"), sourceURL: optional("source_url")))
        }
        return draft
    }

    private static func places(in header: CSVRow) throws(BankRejected) -> [String: Int] {
        var places: [String: Int] = [:]
        var faults: [BankFault] = []
        for (index, name) in header.fields.enumerated() {
            let name = name.lowercased().trimmedWhitespace
            if !(columns + optionalColumns).contains(name) {
                faults.append(BankFault(line: header.line, sentence: "The column `\(name.prefix(40))` is not known."))
            } else if places.updateValue(index, forKey: name) != nil {
                faults.append(BankFault(line: header.line, sentence: "The column `\(name)` is there twice."))
            }
        }
        for name in columns where places[name] == nil {
            faults.append(BankFault(line: header.line, sentence: "The column `\(name)` is missing."))
        }
        guard faults.isEmpty else { throw BankRejected(faults: faults) }
        return places
    }

    static func write(_ bank: QuestionBank) -> [UInt8] {
        var names: [CategoryID: String] = [:]
        for category in bank.categories { names[category.id] = category.name }
        var text = (columns + optionalColumns).joined(separator: ",") + "\r\n"
        for question in bank.questions {
            let fields = [
                question.id.text, question.kind.rawValue, question.category.text, question.difficulty.rawValue,
                question.prompt, join(question.choices), question.correct.map(String.init).joined(separator: "|"),
                question.explanation ?? "", question.source?.title ?? "", question.source?.url ?? "",
                names[question.category] ?? "",
            ]
            text += fields.map(CSVRows.quote).joined(separator: ",") + "\r\n"
        }
        return Array(text.utf8)
    }

    private static func join(_ choices: [String]) -> String {
        choices.map { $0.replacing("\\", with: "\\\\").replacing("|", with: "\\|") }.joined(separator: "|")
    }

    private static func split(_ text: String) -> [String] {
        var choices = [""]
        var isEscaped = false
        for character in text {
            switch character {
            case "\\" where !isEscaped: isEscaped = true
            case "|" where !isEscaped: choices.append("")
            default:
                choices[choices.count - 1].append(character)
                isEscaped = false
            }
        }
        return choices.map(\.trimmedWhitespace)
    }

    /// `film-tv` → `Film tv`.
    private static func displayName(of category: String) -> String {
        let words = category.replacing("-", with: " ").replacing("_", with: " ")
        return words.prefix(1).uppercased() + words.dropFirst()
    }
}
