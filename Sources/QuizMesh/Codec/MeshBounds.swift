import QuizModel
import QuizRoomHost
import QuizShards

/// What fits into a message. Written and read with the same bounds: whatever can be sent can be read.
enum MeshBounds {
    /// Names of events, offsets and the like: never longer than the client's event they come from.
    static let textBytes = 0...Limits.clientEventBytesMax
    /// Addresses and values of headers.
    static let longTextBytes = 0...64 << 10
    static let methodBytes = 0...64
    static let headersMax = 1_024
    static let payloadBytes = 0...Limits.meshFrameBytesMax
    /// Sessions an event can have at one gateway: everybody in the room with every session allowed.
    static let sessionsMax = 4 * (Limits.playersPerRoomMax + Limits.displaysPerRoomMax) * Limits.sessionsPerPlayerMax
    static let termsMax = ShardID.count
    /// Rooms of one shard in a hand-off; more than any node hosts.
    static let roomsMax = 2 * Limits.roomsPerNodeMax
    static let natural = 0...Int.max
    /// Twenty-four days: nothing that is under way is older.
    static let milliseconds = 0...Int(Int32.max)
    static let statuses = 100...999
    static let chainBytes = 32
}
