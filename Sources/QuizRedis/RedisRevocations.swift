package import Logging
package import QuizModel
package import QuizSocial
import QuizTelemetry
import ServiceLifecycle

/// Revocations with a fast copy in Redis in front of the store that decides.
///
/// The copy is one hash. Its field `filled` says that it was complete when it was written; a hash without it (Redis was
/// emptied, restarted, or another mark made it anew) is not believed, and the question goes to the store. So is a hash
/// that nobody has refreshed for ``expiryMs``: it is gone by then. A mark reaches the copy with `revoke`; if Redis
/// drops just that write (it may), the next refresh brings it, at most ``refreshMs`` later.
package final class RedisRevocations: RevocationStore, Service {
    /// How old the copy gets before some node fills it again.
    package static let refreshMs: Int64 = 10_000
    /// How often each node looks whether that is due; also how long an emptied Redis stays unbelieved.
    package static let checkInterval = Duration.seconds(1)
    /// A copy that nobody refreshes is forgotten after this long.
    static let expiryMs = 60_000
    /// How long a look-up waits for Redis before it asks the store, by default.
    package static let patience = Duration.milliseconds(50)
    /// Marks sent with one call of the script.
    static let marksPerCall = 500

    private let client: RedisClient
    private let key: String
    private let store: any RevocationStore
    private let patience: Duration
    private let now: @Sendable () -> Int64
    private let logger: Logger

    /// - Parameters:
    ///   - store: the one that decides.
    ///   - now: milliseconds since 1970.
    package init(
        client: RedisClient, keys: RedisKey.Space = .init(), store: any RevocationStore, logger: Logger,
        patience: Duration = RedisRevocations.patience,
        now: @escaping @Sendable () -> Int64 = LogTime.nowMs
    ) {
        self.client = client
        key = keys.revocations.text
        self.store = store
        self.patience = patience
        self.logger = logger
        self.now = now
    }

    // MARK: RevocationStore

    package func revoke(player: PlayerID, issuedBeforeMs: Int64, untilMs: Int64) async throws(StoreFailure) {
        try await store.revoke(player: player, issuedBeforeMs: issuedBeforeMs, untilMs: untilMs)
        // The store has it; the copy gets it with the next refresh at the latest.
        _ = try? await merge([(player, issuedBeforeMs, untilMs)], mode: "mark")
    }

    package func revokedBefore(player: PlayerID) async throws(StoreFailure) -> Int64? {
        switch await fastCopy(of: player) {
        case .revoked(let before): before
        case .notRevoked: nil
        case .unknown: try await store.revokedBefore(player: player)
        }
    }

    package func revocations(
        nowMs: Int64
    ) async throws(StoreFailure) -> [(player: PlayerID, issuedBeforeMs: Int64, untilMs: Int64)] {
        try await store.revocations(nowMs: nowMs)
    }

    // MARK: The copy

    package enum FastAnswer: Sendable, Hashable {
        case revoked(beforeMs: Int64)
        case notRevoked
        /// Redis is away, slow, or its copy is not complete.
        case unknown
    }

    /// What the copy says, without asking the store.
    package func fastCopy(of player: PlayerID) async -> FastAnswer {
        // Every failure means the same to the caller, and nobody waits for a Redis that is away.
        guard client.isConnected else { return .unknown }
        let reply = try? await client.command(["HMGET", key, player.description, "filled"], patience: patience)
        guard let fields = reply?.elements, fields.count == 2 else { return .unknown }
        // A mark is true whether or not the copy is complete.
        if let mark = fields[0].text {
            return mark.split(separator: ":").first.flatMap { Int64($0) }.map { .revoked(beforeMs: $0) } ?? .unknown
        }
        return fields[1] == .null ? .unknown : .notRevoked
    }

    /// Fills the copy from a store.
    ///
    /// - Returns: how many marks were sent; nil: Redis did not take them.
    @discardableResult
    package func refresh(from source: any RevocationStore) async throws(StoreFailure) -> Int? {
        let marks = try await source.revocations(nowMs: now())
        var rest = marks[...]
        do {
            while rest.count > Self.marksPerCall {
                try await merge(rest.prefix(Self.marksPerCall), mode: "more")
                rest = rest.dropFirst(Self.marksPerCall)
            }
            try await merge(rest, mode: "filled")
        } catch {
            return nil
        }
        return marks.count
    }

    /// Fills the copy if it is incomplete or older than ``refreshMs``.
    package func refreshIfDue() async {
        guard client.isConnected else { return }
        guard let filled = try? await client.command(["HGET", key, "filled"]) else { return }  // away: tried again soon
        if let age = filled.text.flatMap({ Int64($0) }).map({ now() - $0 }), (0..<Self.refreshMs).contains(age) {
            return
        }
        do {
            try await refresh(from: store)
        } catch {
            logger.warning(
                "The fast copy of the revocations could not be filled.",
                metadata: .keys([.code: "\(error.code)", .reason: "\(error.context)"]))
        }
    }

    /// Keeps the copy filled until the node shuts down.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await self.refreshIfDue()
                try? await Task.sleep(for: Self.checkInterval)  // ends early only when cancelled
            }
        }
    }

    private func merge(
        _ marks: some Collection<(player: PlayerID, issuedBeforeMs: Int64, untilMs: Int64)>, mode: String
    ) async throws(RedisFailure) {
        guard client.isConnected else { throw RedisFailure(.connectionLost) }
        _ = try await client.evaluate(
            .revocationsMerge, keys: [key],
            arguments: [String(now()), mode, String(Self.expiryMs)]
                + marks.flatMap { [$0.player.description, String($0.issuedBeforeMs), String($0.untilMs)] })
    }
}
