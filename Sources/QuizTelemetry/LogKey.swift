package import Logging

/// The keys of log metadata. Messages are constant sentences; everything that varies goes under one of these.
///
/// Never logged under any key: answers before their reveal, tokens, chat text, whole payloads. Their type and size may
/// be.
package enum LogKey: String, Sendable, CaseIterable {
    // Who and where.
    case roomID = "room.id"
    case roomCode = "room.code"
    case gameID = "game.id"
    case playerID = "player.id"
    case sessionID = "session.id"
    case connectionID = "connection.id"
    case shardID = "shard.id"
    case shardCount = "shard.count"
    case epoch
    case nodeName = "node.name"
    case incarnation
    case lane
    case address
    case port
    // What.
    case error
    case code
    case reason
    case peer
    case event
    case input = "input.number"
    case phase
    case method
    case route
    case status
    case transport
    case door
    case command
    case migration
    case file
    case version
    case signal
    case url
    // How much, how long.
    case count
    case limit
    case bytes
    case attempt
    case durationMs = "duration.ms"
    case retryAfterMs = "retry.after.ms"
}

extension Logger.Metadata {
    /// Metadata under known keys: `logger.info("The room is closed.", metadata: .keys([.roomID: "\(room)"]))`.
    package static func keys(_ values: KeyValuePairs<LogKey, Logger.MetadataValue>) -> Logger.Metadata {
        var metadata = Logger.Metadata(minimumCapacity: values.count)
        for (key, value) in values { metadata[key.rawValue] = value }
        return metadata
    }

    package subscript(key: LogKey) -> Logger.MetadataValue? {
        get { self[key.rawValue] }
        set { self[key.rawValue] = newValue }
    }
}

extension Logger {
    package subscript(key: LogKey) -> Logger.MetadataValue? {
        get { self[metadataKey: key.rawValue] }
        set { self[metadataKey: key.rawValue] = newValue }
    }
}

extension Logger.MetadataValue {
    /// A number or another value that the JSON handler writes unquoted where JSON has a form for it.
    package static func of(_ value: some CustomStringConvertible & Sendable) -> Self { .stringConvertible(value) }

    /// What an error says of itself.
    package static func error(_ error: any Error) -> Self { .string(String(describing: error)) }

    /// Whole milliseconds.
    package static func milliseconds(_ duration: Duration) -> Self {
        let (seconds, attoseconds) = duration.components
        return .stringConvertible(seconds * 1_000 + attoseconds / 1_000_000_000_000_000)
    }
}
