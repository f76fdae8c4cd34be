internal import QuizContent
internal import QuizModel

/// The bank's statements, and how their rows become questions.
enum QuestionStatements {
    private static let columns = """
        q.id, q.kind, q.category, q.difficulty, q.prompt, q.choices, q.correct, q.explanation, q.source_title,
        q.source_url
        """

    static let draw = PostgresStatement(
        "question_draw",
        """
        SELECT \(columns) FROM question q
        WHERE (cardinality($1::text[]) = 0 OR q.category = ANY ($1::text[]))
            AND ($2::text IS NULL OR q.difficulty = $2::text)
        ORDER BY random()
        LIMIT $3::int4
        """)

    static let categories = PostgresStatement(
        "category_list",
        """
        SELECT c.id, c.name, (SELECT count(*)::int4 FROM question q WHERE q.category = c.id)
        FROM category c ORDER BY c.id
        """)

    static let packs = PostgresStatement(
        "pack_list",
        """
        SELECT p.id, p.title, p.description, (SELECT count(*)::int4 FROM pack_question q WHERE q.pack = p.id)
        FROM pack p ORDER BY p.id
        """)

    static let pack = PostgresStatement("pack", "SELECT title, description FROM pack WHERE id = $1::text")

    static let questionsOfPack = PostgresStatement(
        "pack_questions",
        """
        SELECT \(columns) FROM pack_question p JOIN question q ON q.id = p.question
        WHERE p.pack = $1::text ORDER BY q.id
        """)

    static let named = PostgresStatement(
        "category_named", "SELECT id, name FROM category WHERE id = ANY ($1::text[]) ORDER BY id")

    /// One statement, so that a bank is stored whole or not at all. A question taken out of the bank leaves the pack,
    /// but not the store: other packs and running games may name it. Choices come flat, each with its question's place
    /// and its own.
    static let store = PostgresStatement(
        "bank_store",
        """
        WITH category_given AS (
            INSERT INTO category (id, name) SELECT * FROM unnest($4::text[], $5::text[])
            ON CONFLICT (id) DO UPDATE SET name = excluded.name
        ), pack_given AS (
            INSERT INTO pack (id, title, description) VALUES ($1::text, $2::text, $3::text)
            ON CONFLICT (id) DO UPDATE SET title = excluded.title, description = excluded.description
        ), choice AS (
            SELECT question, array_agg(line ORDER BY place) AS lines,
                coalesce(array_agg(place ORDER BY place) FILTER (WHERE correct), '{}') AS correct
            FROM unnest($14::int4[], $15::int4[], $16::text[], $17::bool[]) AS c (question, place, line, correct)
            GROUP BY question
        ), question_given AS (
            INSERT INTO question (
                id, kind, category, difficulty, prompt, choices, correct, explanation, source_title, source_url)
            SELECT q.id, q.kind, q.category, q.difficulty, q.prompt, coalesce(choice.lines, '{}'),
                coalesce(choice.correct, '{}'), q.explanation, q.source_title, q.source_url
            FROM unnest(
                $6::text[], $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[]
            ) WITH ORDINALITY
                AS q (id, kind, category, difficulty, prompt, explanation, source_title, source_url, place)
            LEFT JOIN choice ON choice.question = q.place
            ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, category = excluded.category,
                difficulty = excluded.difficulty, prompt = excluded.prompt, choices = excluded.choices,
                correct = excluded.correct, explanation = excluded.explanation, source_title = excluded.source_title,
                source_url = excluded.source_url
            RETURNING id
        ), gone AS (
            DELETE FROM pack_question WHERE pack = $1::text AND NOT question = ANY ($6::text[])
        ), linked AS (
            INSERT INTO pack_question (pack, question) SELECT $1::text, id FROM question_given ON CONFLICT DO NOTHING
        )
        SELECT count(*)::int4 FROM question_given
        """)

    static func parameters(of bank: QuestionBank) -> [PostgresParameter] {
        let questions = bank.questions
        // `WITH ORDINALITY` counts from 1.
        let choices = questions.enumerated().flatMap { index, question in
            question.choices.enumerated().map {
                (index + 1, $0.offset, $0.element, question.correct.contains($0.offset))
            }
        }
        return [
            .text(bank.pack.id.text), .text(bank.pack.title), .text(bank.pack.description),
            .texts(bank.categories.map(\.id.text)), .texts(bank.categories.map(\.name)),
            .texts(questions.map(\.id.text)), .texts(questions.map(\.kind.rawValue)),
            .texts(questions.map(\.category.text)),
            .texts(questions.map(\.difficulty.rawValue)), .texts(questions.map(\.prompt)),
            .texts(questions.map(\.explanation)), .texts(questions.map { $0.source?.title }),
            .texts(questions.map { $0.source?.url }),
            .int4s(choices.map(\.0)), .int4s(choices.map(\.1)), .texts(choices.map(\.2)), .bools(choices.map(\.3)),
        ]
    }
}

extension PostgresResult {
    func questions() throws(PostgresError) -> [Question] {
        var questions: [Question] = []
        for row in rows { questions.append(try row.question()) }
        return questions
    }
}

extension PostgresRow {
    func name<Name: StableName>(_ column: Int) throws(PostgresError) -> Name {
        guard let name = Name(try text(column)) else {
            throw PostgresError(.unexpectedAnswer, "A stored name breaks the rule for names.")
        }
        return name
    }

    fileprivate func question() throws(PostgresError) -> Question {
        guard let kind = QuestionKind(rawValue: try text(1)), let difficulty = Difficulty(rawValue: try text(3)) else {
            throw PostgresError(
                .unexpectedAnswer, "A stored question is of a kind or difficulty this version does not know.")
        }
        let url = try optionalText(9)
        return Question(
            id: try name(0), kind: kind, category: try name(2), difficulty: difficulty, prompt: try text(4),
            choices: try texts(5), correct: try int4s(6), explanation: try optionalText(7),
            source: try optionalText(8).map { QuestionSource(title: $0, url: url) })
    }
}
