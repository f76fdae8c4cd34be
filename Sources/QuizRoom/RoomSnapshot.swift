import QuizModel

/// A room as bytes: format version, rules number, state. Equal rooms are equal bytes, and a machine read back goes on
/// exactly as the one that was written.
extension RoomStateMachine {
    package static let snapshotVersion: UInt8 = 1

    package func encodeSnapshot() -> [UInt8] {
        var writer = BinaryWriter()
        writer.byte(Self.snapshotVersion)
        writer.int(Self.rules)
        state.write(to: &writer, form: .complete)
        return writer.bytes
    }

    /// - Throws: every `RoomCodecError.Code`; `unsupportedVersion` also for rules this build cannot fold.
    package init(snapshot: [UInt8]) throws(RoomCodecError) {
        var reader = BinaryReader(snapshot)
        guard try reader.byte("snapshot version") == Self.snapshotVersion else {
            throw RoomCodecError(.unsupportedVersion, "snapshot version")
        }
        guard Self.supportedRules.contains(try reader.int(0...Int.max, "snapshot rules")) else {
            throw RoomCodecError(.unsupportedVersion, "snapshot rules")
        }
        let state = try RoomState(from: &reader)
        try reader.end("snapshot")
        if let fault = state.fault { throw RoomCodecError(.inconsistent, fault) }
        self.init(state: state)
    }
}
