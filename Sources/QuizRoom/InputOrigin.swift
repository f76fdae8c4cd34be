/// Which command of which connection an input came from, so that a room recognises a command it is sent again.
///
/// A gateway re-sends what was not acknowledged when a room has a new owner. Whether the owner before had applied it,
/// and only its acknowledgement was lost, nobody but the room can tell.
package struct InputOrigin: Sendable, Hashable {
    /// A random name that a gateway draws for each connection of a client.
    package var session: UInt64
    /// Counts the session's commands, from 1. Numbers may be left out; none is given to a second command.
    package var number: UInt32

    package init(session: UInt64, number: UInt32) {
        self.session = session
        self.number = number
    }

    /// Whether this is a later command of the same connection.
    ///
    /// It must not reach the room first: a room that has heard a later command takes an earlier one for a repetition.
    package func isBehind(_ other: InputOrigin) -> Bool { session == other.session && number > other.number }

    // MARK: Codec

    func write(to writer: inout BinaryWriter) {
        writer.word(session)
        writer.varint(UInt64(number))
    }

    init(from reader: inout BinaryReader) throws(RoomCodecError) {
        self.init(
            session: try reader.word("origin.session"),
            // Also 0: a number that could be written but not read would make a journal unreadable.
            number: UInt32(try reader.int(0...Int(UInt32.max), "origin.number")))
    }
}
