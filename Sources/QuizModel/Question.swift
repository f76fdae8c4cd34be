/// How a question is answered.
package enum QuestionKind: String, Codable, Sendable, CaseIterable {
    /// One choice is right.
    case single
    /// Two or more choices are right; the answer counts only when it is exactly that set.
    case multiple
    /// The choices are "True" and "False".
    case boolean
}

package enum Difficulty: String, Codable, Sendable, CaseIterable {
    case easy, medium, hard
}

/// The page or work in which the fact stands.
package struct QuestionSource: Codable, Sendable, Hashable {
    package var title: String
    package var url: String?

    package init(title: String, url: String? = nil) {
        self.title = title
        self.url = url
    }
}

/// A question as the bank holds it, right answers included. Never leaves the server before its reveal (P8).
package struct Question: Codable, Sendable, Hashable, Identifiable {
    package var id: QuestionID
    package var kind: QuestionKind
    package var category: CategoryID
    package var difficulty: Difficulty
    /// 1 to 300 characters.
    package var prompt: String
    /// 2 to 6 choices of 1 to 120 characters.
    package var choices: [String]
    /// Indices into `choices`, ascending.
    package var correct: [Int]
    /// Shown at the reveal; at most 600 characters.
    package var explanation: String?
    package var source: QuestionSource?

    package init(
        id: QuestionID, kind: QuestionKind, category: CategoryID, difficulty: Difficulty, prompt: String,
        choices: [String], correct: [Int], explanation: String? = nil, source: QuestionSource? = nil
    ) {
        self.id = id
        self.kind = kind
        self.category = category
        self.difficulty = difficulty
        self.prompt = prompt
        self.choices = choices
        self.correct = correct
        self.explanation = explanation
        self.source = source
    }
}

package struct Category: Codable, Sendable, Hashable {
    package var id: CategoryID
    package var name: String

    package init(id: CategoryID, name: String) {
        self.id = id
        self.name = name
    }
}

/// A named set of questions.
package struct QuestionPack: Codable, Sendable, Hashable {
    package var id: PackID
    package var title: String
    package var description: String

    package init(id: PackID, title: String, description: String) {
        self.id = id
        self.title = title
        self.description = description
    }
}
