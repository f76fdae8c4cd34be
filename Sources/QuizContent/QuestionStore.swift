package import QuizModel

/// The bank could not do what it was asked.
package struct ContentFailure: Error, Sendable, Hashable {
    package var code: String
    package var context: String

    package init(code: String, context: String) {
        self.code = code
        self.context = context
    }
}

/// A bank file as a whole: the stock pack under `config/`, or an import.
package struct QuestionBank: Codable, Sendable, Hashable {
    package var pack: QuestionPack
    package var categories: [Category]
    package var questions: [Question]

    package init(pack: QuestionPack, categories: [Category], questions: [Question]) {
        self.pack = pack
        self.categories = categories
        self.questions = questions
    }
}

/// The question bank.
package protocol QuestionStore: Sendable {
    /// Draws questions at random without repetition; fewer than `count` when the bank has no more that match.
    ///
    /// - Parameters:
    ///   - categories: empty: all.
    ///   - difficulty: nil: all.
    func draw(count: Int, categories: [CategoryID], difficulty: Difficulty?) async throws(ContentFailure) -> [Question]
    func categories() async throws(ContentFailure) -> [CategorySummary]
    func packs() async throws(ContentFailure) -> [PackSummary]
    /// Inserts or replaces, all or nothing.
    func store(_ bank: QuestionBank) async throws(ContentFailure) -> Int
    /// The whole pack in order of id; nil: no such pack.
    func export(pack: PackID) async throws(ContentFailure) -> QuestionBank?
}
