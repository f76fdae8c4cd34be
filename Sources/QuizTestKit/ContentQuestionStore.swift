import NIOConcurrencyHelpers
package import QuizContent
package import QuizModel

/// `QuestionStore` in memory.
package final class InMemoryQuestionStore: QuestionStore {
    private struct State {
        var banks: [PackID: QuestionBank] = [:]
        var isAway = false
    }

    private let state = NIOLockedValueBox(State())

    package init(_ banks: [QuestionBank] = []) {
        state.withLockedValue { state in
            for bank in banks { state.banks[bank.pack.id] = bank }
        }
    }

    /// While true every call fails.
    package var isAway: Bool {
        get { state.withLockedValue { $0.isAway } }
        set { state.withLockedValue { $0.isAway = newValue } }
    }

    private func banks() throws(ContentFailure) -> [QuestionBank] {
        let (isAway, banks) = state.withLockedValue { ($0.isAway, Array($0.banks.values)) }
        if isAway { throw ContentFailure(code: "away", context: "questions") }
        return banks.sorted { $0.pack.id.text < $1.pack.id.text }
    }

    package func draw(
        count: Int, categories: [CategoryID], difficulty: Difficulty?
    ) async throws(ContentFailure) -> [Question] {
        let matching = try banks().flatMap(\.questions).filter { question in
            (categories.isEmpty || categories.contains(question.category))
                && (difficulty == nil || question.difficulty == difficulty)
        }
        return Array(matching.shuffled().prefix(count))
    }

    package func categories() async throws(ContentFailure) -> [CategorySummary] {
        let banks = try banks()
        var names: [CategoryID: String] = [:]
        for category in banks.flatMap(\.categories) { names[category.id] = category.name }
        return names.sorted { $0.key.text < $1.key.text }.map { id, name in
            CategorySummary(id: id, name: name, questions: banks.flatMap(\.questions).count { $0.category == id })
        }
    }

    package func packs() async throws(ContentFailure) -> [PackSummary] {
        try banks().map {
            PackSummary(
                id: $0.pack.id, title: $0.pack.title, description: $0.pack.description, questions: $0.questions.count)
        }
    }

    package func store(_ bank: QuestionBank) async throws(ContentFailure) -> Int {
        _ = try banks()
        state.withLockedValue { state in
            let old = state.banks[bank.pack.id]
            var questions: [QuestionID: Question] = [:]
            for question in (old?.questions ?? []) + bank.questions { questions[question.id] = question }
            var categories: [CategoryID: QuizModel.Category] = [:]
            for category in (old?.categories ?? []) + bank.categories { categories[category.id] = category }
            state.banks[bank.pack.id] = QuestionBank(
                pack: bank.pack, categories: categories.values.sorted { $0.id.text < $1.id.text },
                questions: questions.values.sorted { $0.id.text < $1.id.text })
        }
        return bank.questions.count
    }

    package func export(pack: PackID) async throws(ContentFailure) -> QuestionBank? {
        try banks().first { $0.pack.id == pack }
    }
}
