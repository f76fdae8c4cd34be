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
    /// Nil: no token, so that the operators' API is off.
    package var operators: Operators?

    /// Who may look at the cluster and change it, and what they reach.
    package struct Operators: Sendable {
        package var token: OperatorToken
        package var operations: any ClusterOperations

        package init(token: OperatorToken, operations: any ClusterOperations) {
            self.token = token
            self.operations = operations
        }
    }

    package init(
        accounts: GuestAccounts, rooms: any RoomDirectory, games: any GameArchive, questions: any QuestionStore,
        limiter: any RateLimiter, readiness: @escaping @Sendable () async -> [HealthCheck], operators: Operators? = nil
    ) {
        self.accounts = accounts
        self.rooms = rooms
        self.games = games
        self.questions = questions
        self.limiter = limiter
        self.readiness = readiness
        self.operators = operators
    }
}
