import QuizModel

/// What a game needs of a question.
extension Question {
    /// The first thing wrong with a game's questions, as a sentence; nil when they can be played.
    ///
    /// Lengths are counted in bytes of UTF-8: counting characters depends on the Unicode version of the machine.
    static func fault(in questions: [Question]) -> String? {
        guard Limits.questionsPerGame.contains(questions.count) else { return "A game has 1 to 50 questions." }
        var bytes = 0
        for (index, question) in questions.enumerated() {
            if let fault = question.fault { return "Question \(index + 1): \(fault)" }
            if questions[..<index].contains(where: { $0.id == question.id }) {
                return "Question \(index + 1): it is in the game twice."
            }
            bytes += question.textBytes
        }
        return bytes > Limits.gameContentBytesMax ? "The questions are too long together." : nil
    }

    private var fault: String? {
        guard Limits.choicesPerQuestion.contains(choices.count) else { return "it has 2 to 6 choices." }
        if prompt.isEmpty || choices.contains("") { return "its prompt and choices are not empty." }
        guard correct.allSatisfy(choices.indices.contains), zip(correct, correct.dropFirst()).allSatisfy(<) else {
            return "its right answers are indices into its choices, ascending."
        }
        switch kind {
        case .single: return correct.count == 1 ? nil : "one choice is right."
        case .multiple: return correct.count >= 2 ? nil : "two or more choices are right."
        case .boolean:
            return correct.count == 1 && choices.count == 2 ? nil : "it has two choices and one is right."
        }
    }

    private var textBytes: Int {
        let source = (source?.title.utf8.count ?? 0) + (source?.url?.utf8.count ?? 0)
        return prompt.utf8.count + choices.reduce(0) { $0 + $1.utf8.count } + (explanation?.utf8.count ?? 0) + source
    }

    /// The question with its choices in the order shown. True and false keep theirs.
    ///
    /// The order comes from the seed, the game and the index alone: if it depended on the right answer it would tell.
    func shuffled(seed: RoomSeed, game: GameID, index: Int) -> Question {
        guard kind != .boolean else { return self }
        var sequence = KeyedSequence(seed: seed, purpose: "choices", game: game, index: index)
        let order = sequence.permutation(of: choices.count)
        var shown = self
        shown.choices = order.map { choices[$0] }
        shown.correct = order.indices.filter { correct.contains(order[$0]) }
        return shown
    }

    /// Whether `choice`, ascending, can be an answer: known choices, each once, and only one unless several may be.
    func admits(_ choice: [Int]) -> Bool {
        guard let first = choice.first, let last = choice.last, first >= 0, last < choices.count,
            zip(choice, choice.dropFirst()).allSatisfy(<)
        else { return false }
        return kind == .multiple || choice.count == 1
    }
}
