package import QuizContent
package import QuizModel
package import QuizSocial

/// What the handlers ask.
package struct APIServices: Sendable {
    package var accounts: GuestAccounts
    package var rooms: any RoomDirectory
    package var games: any GameArchive
    package var questions: any QuestionStore
    package var limiter: any RateLimiter
    /// What the node's readiness depends on, as it is now.
    package var readiness: @Sendable () async -> [HealthCheck]

    package init(
        accounts: GuestAccounts, rooms: any RoomDirectory, games: any GameArchive, questions: any QuestionStore,
        limiter: any RateLimiter, readiness: @escaping @Sendable () async -> [HealthCheck]
    ) {
        self.accounts = accounts
        self.rooms = rooms
        self.games = games
        self.questions = questions
        self.limiter = limiter
        self.readiness = readiness
    }
}
