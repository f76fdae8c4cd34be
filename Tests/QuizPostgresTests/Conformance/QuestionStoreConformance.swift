import QuizContent
import QuizModel
import Testing

/// What every `QuestionStore` does.
enum QuestionStoreConformance {
    typealias Rule = ConformanceRule<any QuestionStore>

    static func bank(pack: String = "starter", questions: Int = 6) throws -> QuestionBank {
        let categories = [
            Category(id: try #require(CategoryID("geography")), name: "Geography"),
            Category(id: try #require(CategoryID("science")), name: "Science & “more”"),
        ]
        let list = try (0..<questions).map { index in
            Question(
                id: try #require(QuestionID("q-\(index)")), kind: index == 0 ? .multiple : .single,
                category: categories[index % 2].id, difficulty: index < 3 ? .easy : .hard,
                prompt: "Prompt \(index), {\"x\", NULL}?",
                choices: ["a,b", "NULL", "", "ü \(index)"], correct: index == 0 ? [1, 3] : [2],
                explanation: index == 1 ? "Because." : nil,
                source: index == 2
                    ? QuestionSource(title: "Atlas", url: index == 2 ? "https://example.org/" : nil) : nil)
        }
        let header = QuestionPack(id: try #require(PackID(pack)), title: "Starter", description: "A few.")
        return QuestionBank(pack: header, categories: categories, questions: list)
    }

    static let rules: [Rule] = [
        Rule("a bank comes back as it was stored") { store in
            let bank = try bank()
            #expect(try await store.store(bank) == 6)
            #expect(try await store.export(pack: bank.pack.id) == bank)
            #expect(try await store.export(pack: try #require(PackID("other"))) == nil)
        },
        Rule("storing again replaces, and what left the bank leaves the pack") { store in
            var bank = try bank()
            _ = try await store.store(bank)
            bank.pack.title = "Changed"
            bank.questions[0].choices = ["x", "y"]
            bank.questions[0].correct = [0]
            bank.questions.removeLast()
            #expect(try await store.store(bank) == 5)
            #expect(try await store.export(pack: bank.pack.id) == bank)
            #expect(try await store.packs().map(\.questions) == [5])
        },
        Rule("a bank is stored whole or not at all") { store in
            var bank = try bank()
            bank.questions[5].category = try #require(CategoryID("nowhere"))
            await #expect(throws: ContentFailure.self) { try await store.store(bank) }
            #expect(try await store.packs().isEmpty)
            #expect(try await store.categories().isEmpty)
        },
        Rule("summaries count questions") { store in
            _ = try await store.store(try bank())
            #expect(try await store.categories().map(\.questions) == [3, 3])
            #expect(try await store.categories().map(\.name) == ["Geography", "Science & “more”"])
            #expect(try await store.packs().map(\.id.text) == ["starter"])
        },
        Rule("questions are drawn without repetition and as asked for") { store in
            let bank = try bank()
            _ = try await store.store(bank)
            let all = try await store.draw(count: 50, categories: [], difficulty: nil)
            #expect(Set(all) == Set(bank.questions) && all.count == 6)
            #expect(try await store.draw(count: 4, categories: [], difficulty: nil).count == 4)
            let science = bank.categories[1].id
            let some = try await store.draw(count: 50, categories: [science], difficulty: .easy)
            #expect(some.map(\.id.text) == ["q-1"])
        },
    ]
}
