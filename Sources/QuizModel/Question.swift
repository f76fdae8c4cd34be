/// How a question is answered.
public enum QuestionKind: String, Codable, Sendable, CaseIterable {
    /// One choice is right.
    case single
    /// Two or more choices are right; the answer counts only when it is exactly that set.
    case multiple
    /// The choices are "True" and "False".
    case boolean
}

public enum Difficulty: String, Codable, Sendable, CaseIterable {
    case easy, medium, hard
}

/// The page or work in which the fact stands.
public struct QuestionSource: Codable, Sendable, Hashable {
    public var title: String
    public var url: String?

    public init(title: String, url: String? = nil) {
        self.title = title
        self.url = url
    }
}

/// A question as the bank holds it, right answers included. Never leaves the server before its reveal (P8).
public struct Question: Codable, Sendable, Hashable, Identifiable {
    public var id: QuestionID
    public var kind: QuestionKind
    public var category: CategoryID
    public var difficulty: Difficulty
    /// 1 to 300 characters.
    public var prompt: String
    /// 2 to 6 choices of 1 to 120 characters.
    public var choices: [String]
    /// Indices into `choices`, ascending.
    public var correct: [Int]
    /// Shown at the reveal; at most 600 characters.
    public var explanation: String?
    public var source: QuestionSource?

    public init(
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

public struct Category: Codable, Sendable, Hashable {
    public var id: CategoryID
    public var name: String

    public init(id: CategoryID, name: String) {
        self.id = id
        self.name = name
    }
}

/// A named set of questions.
public struct QuestionPack: Codable, Sendable, Hashable {
    public var id: PackID
    public var title: String
    public var description: String

    public init(id: PackID, title: String, description: String) {
        self.id = id
        self.title = title
        self.description = description
    }
}
