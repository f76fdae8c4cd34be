/// A moment of a room's own clock: whole milliseconds since the room was created.
///
/// Room time stands still while nobody owns the room or its journal is away, so a deadline is never shortened by an
/// outage. Wall clocks never enter a game.
public struct RoomInstant: Hashable, Comparable, Sendable, Codable {
    public var milliseconds: Int64

    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    public static let zero = RoomInstant(milliseconds: 0)

    public static func < (left: Self, right: Self) -> Bool { left.milliseconds < right.milliseconds }
    public static func + (left: Self, milliseconds: Int64) -> Self {
        .init(milliseconds: left.milliseconds + milliseconds)
    }
    public static func - (left: Self, milliseconds: Int64) -> Self {
        .init(milliseconds: left.milliseconds - milliseconds)
    }
    public static func - (left: Self, right: Self) -> Int64 { left.milliseconds - right.milliseconds }

    public init(from decoder: any Decoder) throws {
        milliseconds = try decoder.singleValueContainer().decode(Int64.self)
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(milliseconds)
    }
}
