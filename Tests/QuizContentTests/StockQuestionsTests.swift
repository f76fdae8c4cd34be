import Foundation
import QuizContent
import QuizModel
import Testing

/// The rules for the pack that comes with the product.
struct StockQuestionsTests {
    static let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "config/questions.json")

    let bank: QuestionBank

    init() throws { bank = try BankFile.read(Array(Data(contentsOf: Self.path)), format: .quizmania) }

    @Test func `there are at least 300 questions in 10 categories and 3 difficulties`() {
        #expect(bank.questions.count >= 300)
        #expect(bank.categories.count == 10)
        for category in bank.categories {
            for difficulty in Difficulty.allCases {
                let count = bank.questions.count { $0.category == category.id && $0.difficulty == difficulty }
                #expect(count >= 5, "\(category.id) \(difficulty)")
            }
        }
    }

    @Test func `every question names the page or work where its answer stands`() {
        for question in bank.questions {
            #expect(question.source?.title.isEmpty == false, "\(question.id)")
            #expect(question.explanation?.isEmpty == false, "\(question.id)")
        }
    }

    @Test func `no two questions are alike`() {
        #expect(Set(bank.questions.map { NormalisedText.of($0.prompt) }).count == bank.questions.count)
        #expect(Set(bank.questions.map(\.id)).count == bank.questions.count)
    }

    @Test func `at most 10 questions share a sentence pattern`() {
        for (name, pattern) in [("opening", Self.opening), ("frame", Self.frame)] as [(String, (String) -> String)] {
            let groups = Dictionary(grouping: bank.questions) { pattern($0.prompt) }
            for (text, questions) in groups { #expect(questions.count <= 10, "\(name) \"\(text)…\"") }
        }
    }

    /// The first four words.
    private static func opening(_ prompt: String) -> String {
        NormalisedText.of(prompt).split(separator: " ").prefix(4).joined(separator: " ")
    }

    /// The sentence without names and numbers: what is left of "What is the capital of Norway?" is the frame of a series.
    private static func frame(_ prompt: String) -> String {
        prompt.split(separator: " ").enumerated().map { index, word in
            let isName = index > 0 && word.first { $0.isLetter }?.isUppercase == true
            return isName || word.contains(where: \.isNumber) ? "_" : NormalisedText.of(String(word))
        }.joined(separator: " ")
    }

    @Test func `a question of the pack survives every format that can hold it`() throws {
        for format in [BankFormat.quizmania, .csv] {
            let bytes = try BankFile.write(bank, format: format)
            #expect(try BankFile.read(bytes, format: format, pack: bank.pack).questions == bank.questions)
        }
    }
}
