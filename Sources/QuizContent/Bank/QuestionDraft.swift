internal import QuizModel

/// A question as a file spells it, before anything has been checked.
struct QuestionDraft: Sendable, Hashable {
    /// From 1; where it begins in its file.
    var line: Int
    var id: String
    var kind: String
    var category: String
    var difficulty: String
    var prompt: String
    var choices: [String]
    var correct: [Int]
    var explanation: String?
    var sourceTitle: String?
    var sourceURL: String?
}

/// What a reader makes of a file.
struct BankDraft: Sendable {
    var pack: QuestionPack
    var categories: [Category]
    var questions: [QuestionDraft]
    /// Rows that could not even be spelled as a draft.
    var faults: [BankFault] = []
}
