import QuizModel
import QuizRoom
import Testing

struct ScoringTests {
    private let settings = RoomSettings(answerWindowMs: 20_000)

    @Test(arguments: [(0, 400), (1, 399), (5_000, 300), (10_000, 200), (19_999, 0), (20_000, 0), (99_999, 0)])
    func `speed points fall in a straight line over the window`(elapsedMs: Int, expected: Int) {
        #expect(Scoring.points(elapsedMs: elapsedMs, settings: settings, streak: 0).speed == expected)
    }

    @Test func `without speed points everybody earns the same`() {
        let settings = RoomSettings(speedPoints: false)
        for elapsedMs in [0, 7, 20_000] {
            let points = Scoring.points(elapsedMs: elapsedMs, settings: settings, streak: 0)
            #expect(points.speed == 0)
            #expect(points.total == Limits.accuracyPoints)
        }
    }

    @Test(arguments: [(0, 0), (1, 25), (3, 75), (4, 100), (5, 100), (49, 100)])
    func `a streak adds a step for each right answer before, up to the bonus's limit`(streak: Int, expected: Int) {
        #expect(Scoring.points(elapsedMs: 0, settings: settings, streak: streak).streak == expected)
    }

    @Test func `no answer is worth more than the limit`() {
        #expect(Scoring.points(elapsedMs: 0, settings: settings, streak: 50).total == Limits.pointsPerAnswerMax)
        #expect(
            Limits.accuracyPoints + Limits.speedPointsMax + Limits.streakBonusMax == Limits.pointsPerAnswerMax)
    }

    @Test func `an answer is right only when it is exactly the right choices`() {
        var question = TestRoom.questions(4)[3]
        question.correct = [1, 3]
        #expect(Scoring.isRight([1, 3], of: question))
        for choice in [[], [1], [3], [1, 2], [1, 2, 3], [0, 1, 2, 3]] {
            #expect(!Scoring.isRight(choice, of: question))
        }
    }

    @Test(arguments: [(1_000, 0, 0), (1_100, 0, 100), (1_100, 40, 60), (1_100, 150, 0), (900, 0, 0), (9_000, 0, 5_000)])
    func `elapsed time counts from the opening, less the credit, within the window`(
        readAt: Int64, creditMs: Int, expected: Int
    ) {
        let elapsed = Scoring.elapsedMs(
            readAt: RoomInstant(milliseconds: readAt), opensAt: RoomInstant(milliseconds: 1_000), creditMs: creditMs,
            windowMs: 5_000)
        #expect(elapsed == expected)
    }
}
