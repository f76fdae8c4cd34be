import NIOConcurrencyHelpers
import NIOCore

/// Finds a session by its name from any event loop. Asked once per poll, post and WebSocket, never per message.
final class SessionTable: Sendable {
    private let sessions = NIOLockedValueBox<[String: EngineConnection]>([:])

    var count: Int { sessions.withLockedValue { $0.count } }

    subscript(sid: String) -> EngineConnection? { sessions.withLockedValue { $0[sid] } }

    /// - Returns: false when the table is full.
    func insert(_ connection: EngineConnection, countMax: Int) -> Bool {
        sessions.withLockedValue { sessions in
            guard sessions.count < countMax else { return false }
            sessions[connection.sid] = connection
            return true
        }
    }

    func remove(_ sid: String) {
        _ = sessions.withLockedValue { $0.removeValue(forKey: sid) }
    }
}
