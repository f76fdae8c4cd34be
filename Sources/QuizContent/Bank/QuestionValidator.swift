internal import QuizModel

/// Turns drafts into questions, or says of every row what is wrong with it.
struct QuestionValidator {
    static let promptLength = 1...300
    static let choiceLength = 1...120
    static let explanationLengthMax = 600
    static let sourceTitleLength = 1...200
    static let sourceURLLengthMax = 500
    static let booleanChoices = ["True", "False"]

    private var faults: [BankFault]
    private var lineOfID: [String: Int] = [:]
    private var lineOfPrompt: [String: Int] = [:]
    private let categories: Set<String>

    /// - Throws: `BankRejected` with every fault of every row.
    static func check(_ draft: BankDraft) throws(BankRejected) -> QuestionBank {
        var validator = QuestionValidator(draft)
        let questions = draft.questions.compactMap { validator.question($0) }
        if questions.isEmpty, validator.faults.isEmpty {
            throw BankRejected(line: 1, "There is no question in this file.")
        }
        guard validator.faults.isEmpty else { throw BankRejected(faults: validator.faults) }
        return QuestionBank(pack: draft.pack, categories: draft.categories, questions: questions)
    }

    private init(_ draft: BankDraft) {
        faults = draft.faults
        categories = Set(draft.categories.map(\.id.text))
        if draft.categories.count != categories.count {
            faults.append(BankFault(line: 1, sentence: "Two categories have the same id."))
        }
    }

    private mutating func question(_ draft: QuestionDraft) -> Question? {
        let before = faults.count
        let row = draft.id.isEmpty ? String(draft.prompt.prefix(40)) : draft.id
        func say(_ sentence: String) { faults.append(BankFault(line: draft.line, row: row, sentence: sentence)) }

        let id = QuestionID(draft.id)
        if id == nil { say("`id`: \(QuestionID.rule)") }
        if let line = lineOfID[draft.id] {
            say("`id`: line \(line) has the same one.")
        } else {
            lineOfID[draft.id] = draft.line
        }
        let kind = QuestionKind(rawValue: draft.kind)
        if kind == nil { say("`kind` is single, multiple or boolean.") }
        let difficulty = Difficulty(rawValue: draft.difficulty)
        if difficulty == nil { say("`difficulty` is easy, medium or hard.") }
        let category = CategoryID(draft.category)
        if category == nil {
            say("`category`: \(CategoryID.rule)")
        } else if !categories.contains(draft.category) {
            say("`category` is not one of the file's categories.")
        }
        let prompt = draft.prompt.nfcNormalized.trimmedWhitespace
        if let fault = Self.fault(of: prompt, length: Self.promptLength) { say("`prompt` \(fault)") }
        let normalised = NormalisedText.of(prompt)
        if let line = lineOfPrompt[normalised], !normalised.isEmpty {
            say("`prompt`: line \(line) asks the same.")
        } else {
            lineOfPrompt[normalised] = draft.line
        }
        let choices = draft.choices.map { $0.nfcNormalized.trimmedWhitespace }
        for fault in Self.faults(ofChoices: choices, correct: draft.correct, kind: kind) { say(fault) }
        let explanation = draft.explanation?.nfcNormalized.trimmedWhitespace
        if let explanation, let fault = Self.fault(of: explanation, length: 1...Self.explanationLengthMax) {
            say("`explanation` \(fault)")
        }
        let source = QuestionSource(
            title: (draft.sourceTitle ?? "").nfcNormalized.trimmedWhitespace, url: draft.sourceURL?.trimmedWhitespace)
        let hasSource = draft.sourceTitle != nil || draft.sourceURL != nil
        if hasSource, let fault = Self.fault(of: source) { say(fault) }

        guard faults.count == before, let id, let kind, let difficulty, let category else { return nil }
        return Question(
            id: id, kind: kind, category: category, difficulty: difficulty, prompt: prompt, choices: choices,
            correct: draft.correct, explanation: explanation, source: hasSource ? source : nil)
    }

    private static func faults(ofChoices choices: [String], correct: [Int], kind: QuestionKind?) -> [String] {
        var faults: [String] = []
        if !Limits.choicesPerQuestion.contains(choices.count) { faults.append("`choices`: there are 2 to 6.") }
        for (index, choice) in choices.enumerated() {
            if let fault = fault(of: choice, length: choiceLength) { faults.append("`choices[\(index)]` \(fault)") }
        }
        // Exact apart from case: "C", "C++" and "−5", "5" differ in nothing but punctuation and are fine.
        if Set(choices.map { $0.lowercased() }).count != choices.count { faults.append("`choices`: two are the same.") }
        if correct != correct.sorted() || Set(correct).count != correct.count {
            faults.append("`correct` is ascending without repetition.")
        }
        if !correct.allSatisfy(choices.indices.contains) { faults.append("`correct` points outside `choices`.") }
        switch kind {
        case .single where correct.count != 1: faults.append("`correct`: a single question has one right choice.")
        case .boolean where correct.count != 1: faults.append("`correct`: a boolean question has one right choice.")
        case .multiple where correct.count < 2: faults.append("`correct`: a multiple question has two or more.")
        default: break
        }
        if kind == .boolean, choices != booleanChoices {
            faults.append("`choices`: those of a boolean question are True and False, in this order.")
        }
        return faults
    }

    private static func fault(of source: QuestionSource) -> String? {
        if let fault = fault(of: source.title, length: sourceTitleLength) { return "`source.title` \(fault)" }
        guard let url = source.url else { return nil }
        let isWeb = url.hasPrefix("https://") || url.hasPrefix("http://")
        let isPlain = url.unicodeScalars.allSatisfy { $0.isPrintable && !$0.properties.isWhitespace }
        if !isWeb || !isPlain || url.count > sourceURLLengthMax {
            return "`source.url` is an http or https address of at most \(sourceURLLengthMax) characters."
        }
        return nil
    }

    private static func fault(of text: String, length: ClosedRange<Int>) -> String? {
        if !length.contains(text.count) { return "has \(length.lowerBound) to \(length.upperBound) characters." }
        if !text.unicodeScalars.allSatisfy(\.isPrintable) { return "has no control or invisible characters." }
        return nil
    }
}
