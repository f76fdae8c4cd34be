package import QuizContent
package import QuizModel

/// The question bank in PostgreSQL.
package final class PostgresQuestionStore: QuestionStore {
    private let pool: PostgresPool

    init(pool: PostgresPool) { self.pool = pool }

    package func draw(
        count: Int, categories: [CategoryID], difficulty: Difficulty?
    ) async throws(ContentFailure) -> [Question] {
        let parameters: [PostgresParameter] = [
            .texts(categories.map(\.text)), .text(difficulty?.rawValue), .int4(max(count, 0)),
        ]
        return try await query(QuestionStatements.draw, parameters) { result throws(PostgresError) in
            try result.questions()
        }
    }

    package func categories() async throws(ContentFailure) -> [CategorySummary] {
        try await query(QuestionStatements.categories, []) { result throws(PostgresError) in
            var summaries: [CategorySummary] = []
            for row in result.rows {
                summaries.append(
                    CategorySummary(id: try row.name(0), name: try row.text(1), questions: try row.int4(2)))
            }
            return summaries
        }
    }

    package func packs() async throws(ContentFailure) -> [PackSummary] {
        try await query(QuestionStatements.packs, []) { result throws(PostgresError) in
            var summaries: [PackSummary] = []
            for row in result.rows {
                summaries.append(
                    PackSummary(
                        id: try row.name(0), title: try row.text(1), description: try row.text(2),
                        questions: try row.int4(3)))
            }
            return summaries
        }
    }

    package func store(_ bank: QuestionBank) async throws(ContentFailure) -> Int {
        try await query(QuestionStatements.store, QuestionStatements.parameters(of: bank)) {
            result throws(PostgresError) in
            try result.first?.int4(0) ?? 0
        }
    }

    package func export(pack: PackID) async throws(ContentFailure) -> QuestionBank? {
        let header = try await query(QuestionStatements.pack, [.text(pack.text)]) {
            result throws(PostgresError) -> QuestionPack? in
            guard let row = result.first else { return nil }
            return QuestionPack(id: pack, title: try row.text(0), description: try row.text(1))
        }
        guard let header else { return nil }
        let questions = try await query(QuestionStatements.questionsOfPack, [.text(pack.text)]) {
            result throws(PostgresError) in
            try result.questions()
        }
        let used = Set(questions.map(\.category.text)).sorted()
        let categories = try await query(QuestionStatements.named, [.texts(used)]) { result throws(PostgresError) in
            var categories: [Category] = []
            for row in result.rows { categories.append(Category(id: try row.name(0), name: try row.text(1))) }
            return categories
        }
        return QuestionBank(pack: header, categories: categories, questions: questions)
    }

    private func query<Value: Sendable>(
        _ statement: PostgresStatement, _ parameters: [PostgresParameter],
        _ read: @escaping @Sendable (PostgresResult) throws(PostgresError) -> Value
    ) async throws(ContentFailure) -> Value {
        do throws(PostgresError) {
            return try await pool.query(statement, parameters, read)
        } catch {
            throw ContentFailure(code: error.name, context: error.context)
        }
    }
}
