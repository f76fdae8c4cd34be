internal import QuizModel
internal import QuizRoomHost

/// Questions whose secret can be recognised wherever it turns up: the explanation, which is shown at the reveal, begins with a mark.
struct MarkedQuestions: GameQuestions {
    static let mark = "SECRET-"

    let simulator: Simulator
    /// Sabotage: the prompt tells the answer.
    let leaks: Bool

    static func isMarked(_ text: String) -> Bool { text.contains(mark) }

    func draw(for settings: RoomSettings) async throws(Rejection) -> [Question] {
        guard let category = CategoryID("simulation") else { return [] }
        return (0..<settings.questionCount).compactMap { index in
            let number = simulator.generator.pick(0...9_999)
            guard let id = QuestionID("q-\(index)-\(number)") else { return nil }
            let secret = "\(Self.mark)\(index)-\(number)"
            return Question(
                id: id, kind: .single, category: category, difficulty: .easy,
                prompt: leaks ? "Is it \(secret)?" : "Question \(number)?", choices: ["a", "b", "c", "d"],
                correct: [number % 4], explanation: secret)
        }
    }
}
