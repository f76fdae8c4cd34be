import ArgumentParser
import Foundation
import QuizClient
import QuizModel

/// `quizmania bots`: players that play whole games, to try a deployment out.
struct BotsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bots",
        abstract: "Let bots play against a deployment.",
        discussion: """
            Each room has a host and players, spread over the given addresses; they play to the podium and say how long acknowledgements took, who moved \
            between nodes, and whether anybody missed an event. The exit status is 1 when somebody did, or could not finish.
            """)

    @Argument(help: "Addresses of the deployment: https://quiz.example.org, or of single nodes.") var url: [String]
    @Option(help: "Rooms; 1 to 200.") var rooms = 1
    @Option(help: "Players in each room, its host included; 1 to 50.") var players = 5
    @Option(help: "Questions of each game; 1 to 50.") var questions = 3

    func validate() throws {
        guard !url.isEmpty else { throw ValidationError("Give at least one address.") }
        guard (1...200).contains(rooms), (1...Limits.playersPerRoomMax).contains(players),
            Limits.questionsPerGame.contains(questions)
        else { throw ValidationError("--rooms is 1 to 200, --players 1 to 50, --questions 1 to 50.") }
    }

    func run() async throws {
        try await Command.run {
            let began = ContinuousClock.now
            let party = BotParty(urls: url, players: players, questions: questions)
            let reports: [BotReport] = try await withThrowingTaskGroup(of: [BotReport].self) { [rooms] group in
                for number in 0..<rooms { group.addTask { try await party.play(room: number) } }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            let seconds = (ContinuousClock.now - began) / .seconds(1)
            for line in BotReport.summary(reports, seconds: seconds) { Console.line(line) }
            if reports.contains(where: { $0.gaps > 0 }) { throw ExitCode.failure }
        }
    }
}

/// A room's bots.
struct BotParty: Sendable {
    let urls: [String]
    let players: Int
    let questions: Int

    func play(room: Int) async throws -> [BotReport] {
        var bots: [Bot] = []
        for number in 0..<players {
            let address = urls[(room * players + number) % urls.count]
            guard let nickname = Nickname("Bot \(room + 1)-\(number + 1)") else { continue }  // always a legal name
            bots.append(
                Bot(try QuizClient(QuizClientConfiguration(url: address, nickname: nickname)), leads: number == 0))
        }
        let settings = RoomSettings(
            title: "Bots \(room + 1)", questionCount: questions, answerWindowMs: 10_000, autoAdvance: true)
        for bot in bots { try await bot.client.connect() }
        let host = bots[0].client
        let made = try await host.create(settings)
        for bot in bots { try await bot.client.join(made.code) }
        let reports: [BotReport] = try await withThrowingTaskGroup(of: BotReport.self) { [bots] group in
            for bot in bots { group.addTask { try await bot.play() } }
            try await host.start()
            return try await group.reduce(into: []) { $0.append($1) }
        }
        try await host.closeRoom()
        for bot in bots { await bot.client.close() }
        return reports
    }
}

/// One player that answers by chance as soon as a question opens.
struct Bot: Sendable {
    let client: QuizClient
    /// Ends what is only for reading.
    let leads: Bool

    init(_ client: QuizClient, leads: Bool) {
        self.client = client
        self.leads = leads
    }

    func play() async throws -> BotReport {
        var report = BotReport()
        try await client.synchronise()
        for try await event in client.events {
            report.note(event)
            switch event {
            case .question(let question): try await answer(question, &report)
            case .countdown, .reveal, .leaderboard: if leads { await skip() }
            case .over: return report
            default: break
            }
        }
        throw QuizClientError.closed
    }

    private func answer(_ question: QuestionPayload, _ report: inout BotReport) async throws {
        guard let choice = question.choices.indices.randomElement() else { return }
        let wait = Double(question.opensAt.milliseconds) - (client.roomTime ?? 0)
        try await Task.sleep(for: .milliseconds(Int(min(10_000, max(0, wait)))))
        let choices = question.kind == .multiple ? [choice, (choice + 1) % question.choices.count].sorted() : [choice]
        for _ in 0..<20 {
            let began = ContinuousClock.now
            switch await outcome(question, choices) {
            case .success:
                report.ackMs.append((ContinuousClock.now - began) / .milliseconds(1))
                return
            // Its clock is a little ahead.
            case .failure(.refused(let error)) where error.code == .wrongPhase:
                try await Task.sleep(for: .milliseconds(50))
            case .failure(.refused(let error)) where error.code == .questionClosed:
                report.late += 1
                return
            case .failure(let error): throw error
            }
        }
        report.late += 1
    }

    private func outcome(_ question: QuestionPayload, _ choice: [Int]) async -> Result<AnswerAck, QuizClientError> {
        do throws(QuizClientError) {
            return .success(try await client.answer(question, choice: choice))
        } catch {
            return .failure(error)
        }
    }

    /// Somebody else, or a timer, may have done it.
    private func skip() async {
        do {
            try await client.skip()
        } catch {}
    }
}

/// What a bot has seen.
struct BotReport: Sendable {
    var ackMs: [Double] = []
    /// Questions that closed before the answer came.
    var late = 0
    /// Game events that were missed or came twice.
    var gaps = 0
    var moves = 0
    var reconnects = 0
    private var seq: Int?

    mutating func note(_ event: QuizEvent) {
        switch event {
        case .moved: moves += 1
        case .disconnected: reconnects += 1
        case .roomState(let state): seq = state.seq - 1  // a new beginning
        default: break
        }
        guard let own = event.seq else { return }
        if let seq, own != seq + 1 { gaps += 1 }
        seq = own
    }

    static func summary(_ reports: [BotReport], seconds: Double) -> [String] {
        let acks = reports.flatMap(\.ackMs).sorted()
        func quantile(_ share: Double) -> String {
            acks.isEmpty ? "-" : String(format: "%.1f ms", acks[min(acks.count - 1, Int(Double(acks.count) * share))])
        }
        func sum(_ count: (BotReport) -> Int) -> Int { reports.reduce(0) { $0 + count($1) } }
        return [
            String(format: "%d bots played for %.1f s.", reports.count, seconds),
            "answers acknowledged: \(acks.count), too late: \(sum(\.late)); p50 \(quantile(0.5)), p99 \(quantile(0.99))",
            "moved to a room's node: \(sum(\.moves)); connections lost: \(sum(\.reconnects)); gaps: \(sum(\.gaps))",
        ]
    }
}
