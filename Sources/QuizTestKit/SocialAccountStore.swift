import NIOConcurrencyHelpers
package import QuizModel
package import QuizSocial

/// `AccountStore` in memory, with the same rules as the durable one.
package final class InMemoryAccountStore: AccountStore {
    private struct Token {
        var family: UInt64
        var player: PlayerID
        var expiresAtMs: Int64
        var isSpent = false
    }

    private struct State {
        var nicknames: [PlayerID: Nickname] = [:]
        var tokens: [[UInt8]: Token] = [:]
        var isAway = false
    }

    private let state = NIOLockedValueBox(State())

    package init() {}

    /// While true every call fails, like a database that is away.
    package var isAway: Bool {
        get { state.withLockedValue { $0.isAway } }
        set { state.withLockedValue { $0.isAway = newValue } }
    }

    package func nickname(of player: PlayerID) -> Nickname? { state.withLockedValue { $0.nicknames[player] } }
    package var guests: Int { state.withLockedValue { $0.nicknames.count } }

    private func change<Value>(_ body: (inout State) throws(StoreFailure) -> Value) throws(StoreFailure) -> Value {
        let result: Result<Value, StoreFailure> = state.withLockedValue { state in
            guard !state.isAway else { return .failure(StoreFailure(code: "away", context: "accounts")) }
            do throws(StoreFailure) {
                return .success(try body(&state))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    package func createGuest(player: PlayerID, nickname: Nickname) async throws(StoreFailure) {
        try change { $0.nicknames[player] = nickname }
    }

    package func rename(player: PlayerID, nickname: Nickname) async throws(StoreFailure) {
        try change { $0.nicknames[player] = nickname }
    }

    package func saveRefresh(_ record: RefreshRecord) async throws(StoreFailure) {
        try change {
            $0.tokens[record.tokenDigest] = Token(
                family: record.family, player: record.player, expiresAtMs: record.expiresAtMs)
        }
    }

    package func rotateRefresh(
        old: [UInt8], new: [UInt8], nowMs: Int64, expiresAtMs: Int64
    ) async throws(StoreFailure) -> RefreshRotation {
        try change { state in
            guard let token = state.tokens[old] else { return .unknown }
            guard !token.isSpent else {
                state.tokens = state.tokens.filter { $0.value.family != token.family }
                return .reused(player: token.player)
            }
            guard nowMs < token.expiresAtMs, let nickname = state.nicknames[token.player] else { return .unknown }
            state.tokens[old]?.isSpent = true
            state.tokens[new] = Token(family: token.family, player: token.player, expiresAtMs: expiresAtMs)
            return .rotated(player: token.player, nickname: nickname, family: token.family)
        }
    }

    package func revokeRefresh(tokenDigest: [UInt8]) async throws(StoreFailure) -> PlayerID? {
        try change { state in
            guard let token = state.tokens[tokenDigest] else { return nil }
            state.tokens = state.tokens.filter { $0.value.family != token.family }
            return token.player
        }
    }
}

/// `RevocationStore` in memory.
package final class InMemoryRevocationStore: RevocationStore {
    private struct State {
        var marks: [PlayerID: (issuedBeforeMs: Int64, untilMs: Int64)] = [:]
        var isAway = false
    }

    private let state = NIOLockedValueBox(State())

    package init() {}

    /// While true every call fails.
    package var isAway: Bool {
        get { state.withLockedValue { $0.isAway } }
        set { state.withLockedValue { $0.isAway = newValue } }
    }

    private func present() throws(StoreFailure) {
        if isAway { throw StoreFailure(code: "away", context: "revocations") }
    }

    package func revoke(player: PlayerID, issuedBeforeMs: Int64, untilMs: Int64) async throws(StoreFailure) {
        try present()
        state.withLockedValue { state in
            let old = state.marks[player] ?? (.min, .min)
            state.marks[player] = (max(old.issuedBeforeMs, issuedBeforeMs), max(old.untilMs, untilMs))
        }
    }

    package func revokedBefore(player: PlayerID) async throws(StoreFailure) -> Int64? {
        try present()
        return state.withLockedValue { $0.marks[player]?.issuedBeforeMs }
    }

    package func revocations(
        nowMs: Int64
    ) async throws(StoreFailure) -> [(player: PlayerID, issuedBeforeMs: Int64, untilMs: Int64)] {
        try present()
        return state.withLockedValue { state in
            state.marks.filter { $0.value.untilMs > nowMs }
                .map { ($0.key, $0.value.issuedBeforeMs, $0.value.untilMs) }
                .sorted { $0.player < $1.player }
        }
    }
}
