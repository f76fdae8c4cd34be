import QuizContent
import QuizModel
import QuizTestKit
import Testing

struct BankFileTests {
    static let bank = QuestionBank(
        pack: QuestionPack(id: PackID("sample")!, title: "Sample", description: "For tests."),
        categories: [
            QuizModel.Category(id: CategoryID("film-tv")!, name: "Film & TV"),
            QuizModel.Category(id: CategoryID("science")!, name: "Science"),
        ],
        questions: [
            Question(
                id: QuestionID("a-1")!, kind: .single, category: CategoryID("film-tv")!, difficulty: .easy,
                prompt: "Who said \"I'll be back\", and\nwhere?", choices: ["A | B", "C, D", "E\\F"], correct: [1],
                explanation: "Because, \"so\".",
                source: QuestionSource(title: "Page <1>", url: "https://example.org/a,b")),
            Question(
                id: QuestionID("a-2")!, kind: .multiple, category: CategoryID("science")!, difficulty: .hard,
                prompt: "Which are prime — 2, 3 or 4?", choices: ["2", "3", "4"], correct: [0, 1],
                source: QuestionSource(title: "Primes")),
            Question(
                id: QuestionID("a-3")!, kind: .boolean, category: CategoryID("science")!, difficulty: .medium,
                prompt: "Is π > 3?", choices: ["True", "False"], correct: [0]),
        ])

    /// A line feed is a control character in a prompt, so the strict bank has none.
    static var plain: QuestionBank {
        var bank = bank
        bank.questions[0].prompt = "Who said \"I'll be back\", and where?"
        return bank
    }

    func faults(_ text: String, _ format: BankFormat? = nil) -> [String] {
        do {
            _ = try BankFile.read(Array(text.utf8), format: format)
            return []
        } catch {
            return error.faults.map(\.description)
        }
    }

    @Test(arguments: [BankFormat.quizmania, .csv])
    func `a bank comes back whole`(format: BankFormat) throws {
        let bytes = try BankFile.write(Self.plain, format: format)
        #expect(BankFile.guess(bytes) == format)
        #expect(try BankFile.read(bytes, pack: Self.plain.pack) == Self.plain)
    }

    @Test func `what Open Trivia DB cannot hold is named, the rest comes back`() throws {
        let rejected = #expect(throws: BankRejected.self) { try BankFile.write(Self.plain, format: .opentdb) }
        #expect(rejected?.faults.map(\.row) == ["a-2"])
        var bank = Self.plain
        bank.questions.remove(at: 1)
        let bytes = try BankFile.write(bank, format: .opentdb)
        #expect(BankFile.guess(bytes) == .opentdb)
        let back = try BankFile.read(bytes)
        #expect(back.questions.map(\.prompt) == bank.questions.map(\.prompt))
        #expect(Set(back.questions[0].choices) == Set(bank.questions[0].choices))
        #expect(back.questions[0].correct.map { back.questions[0].choices[$0] } == ["C, D"])
        #expect(back.questions[1].kind == .boolean && back.questions[1].correct == [0])
        #expect(back.categories.map(\.name) == ["Film & TV", "Science"])
        #expect(back.categories.map(\.id.text) == ["film-tv", "science"])
    }

    @Test func `Open Trivia DB's entities are decoded`() throws {
        let text = #"""
            {"response_code":0,"results":[{"type":"multiple","difficulty":"easy","category":"Entertainment: Film",
            "question":"What&#039;s &quot;Am&eacute;lie&quot; &ndash; &#x41; &amp;amp; &nosuch; &mdash;?",
            "correct_answer":"&pi;","incorrect_answers":["&lt;b&gt;","&Omega;&hellip;","AT&T"]}]}
            """#
        let question = try #require(try BankFile.read(Array(text.utf8)).questions.first)
        #expect(question.prompt == "What's \"Amélie\" – A &amp; &nosuch; —?")
        #expect(Set(question.choices) == ["π", "<b>", "Ω…", "AT&T"])
        #expect(question.choices[question.correct[0]] == "π")
        #expect(question.kind == .single)
        #expect(question.id.text.hasPrefix("opentdb-"))
        #expect(question.category.text == "entertainment-film")
    }

    @Test func `every bad row is reported on its own line and nothing is taken`() {
        let header = "id,kind,category,difficulty,prompt,choices,correct,explanation,source_title,source_url"
        let text = """
            \(header)
            q1,single,science,easy,One?,a|b,0,,,
            q2,double,science,easy,Two?,a|b,0,,,
            q1,single,science,trivial,Three?,a|b,2,,,

            q4,single,science,easy,"Four
            lines?",a,0,,,
            q5,multiple,science,easy,One!,a|b|A,0,,S,ftp://x
            q6,boolean,science,easy,Six?,Yes|No,x,,,
            q7,single,science
            """
        #expect(
            faults(text) == [
                "line 3: q2: `kind` is single, multiple or boolean.",
                "line 4: q1: `id`: line 2 has the same one.",
                "line 4: q1: `difficulty` is easy, medium or hard.",
                "line 4: q1: `correct` points outside `choices`.",
                "line 6: q4: `prompt` has no control or invisible characters.",
                "line 6: q4: `choices`: there are 2 to 6.",
                "line 8: q5: `prompt`: line 2 asks the same.",
                "line 8: q5: `choices`: two are the same.",
                "line 8: q5: `correct`: a multiple question has two or more.",
                "line 8: q5: `source.url` is an http or https address of at most 500 characters.",
                "line 9: q6: `correct` is whole numbers separated by |.",
                "line 10: There are 3 fields instead of 10.",
            ])
    }

    @Test func `bad rows of the project's own format are reported on their lines`() {
        let text = """
            {"format": 1, "pack": {"id": "p", "title": "P", "description": "D"},
             "categories": [{"id": "c", "name": "C"}],
             "questions": [
              {"id": "1", "kind": "single", "category": "c", "difficulty": "easy", "prompt": "A?", "choices": ["x", "y"], "correct": [0]},
              {"id": "2", "kind": "single", "category": "d", "difficulty": "easy",
               "prompt": "B?", "choices": ["x", "y"], "correct": [0]},
              {"id": "3", "kind": "single", "category": "c", "difficulty": "easy", "prompt": "C?", "choices": "x", "correct": [0]},
              {"id": "4", "kind": "single", "category": "c", "difficulty": "easy", "choices": ["x", "y"], "correct": [0]}
            ]}
            """
        #expect(
            faults(text) == [
                "line 5: 2: `category` is not one of the file's categories.", "line 7: `choices` is of the wrong type.",
                "line 8: `prompt` is missing.",
            ])
    }

    @Test(arguments: [
        ("", "line 1: The header row is missing."),
        ("{", "line 1: The JSON text ends too early."),
        ("{\"format\": 2}", "line 1: `format` is 1."),
        (
            "{\"format\": 1,\n\"pack\": {\"id\": \"p\", \"title\": \"P\", \"description\": \"D\"},\n\"categories\": [], \"questions\": [1 2]}",
            "line 3: This is not valid JSON."
        ),
        ("{\"a\": \"b\nc\"}", "line 1: A text does not end on its line."),
        ("id,kind\n1,2", "line 1: The column `category` is missing."),
        ("a,\"b", "line 1: A quote never closes."),
        ("a\nb,c\"d", "line 2: A quote stands in the middle of a field."),
        ("[{\"response_code\": 0}]", "line 1: `type` is missing."),
        (
            "{\"response_code\": 5, \"results\": []}",
            "line 1: The database answered with an error: `response_code` is not 0."
        ),
        ("[]", "line 1: There is no question in this file."),
    ])
    func `a broken file is refused with a line`(text: String, fault: String) {
        #expect(faults(text).first == fault)
    }

    @Test func `a file that is not text and a byte order mark`() throws {
        #expect(throws: BankRejected.self) { try BankFile.read([0xFF, 0xFE, 0x00]) }
        let marked = [0xEF, 0xBB, 0xBF] + (try BankFile.write(Self.plain, format: .csv))
        #expect(try BankFile.read(marked, pack: Self.plain.pack) == Self.plain)
    }

    @Test func `random damage never crashes a reader`() throws {
        var generator = SeededGenerator(seed: 20_260_101)
        for format in BankFormat.allCases {
            var bank = Self.plain
            if format == .opentdb { bank.questions.remove(at: 1) }
            let whole = try BankFile.write(bank, format: format)
            for _ in 0..<400 {
                var bytes = whole
                for _ in 0..<Int.random(in: 1...4, using: &generator) {
                    let index = Int.random(in: 0..<bytes.count, using: &generator)
                    switch Int.random(in: 0..<3, using: &generator) {
                    case 0: bytes[index] = UInt8.random(in: 0...127, using: &generator)
                    case 1: bytes.removeSubrange(index..<min(bytes.count, index + 7))
                    default: bytes.insert(contentsOf: Array("\"{[,]}|\n".utf8), at: index)
                    }
                    if bytes.isEmpty { bytes = [UInt8(ascii: "{")] }
                }
                _ = try? BankFile.read(bytes)  // refusing and taking are both fine
            }
        }
    }
}
