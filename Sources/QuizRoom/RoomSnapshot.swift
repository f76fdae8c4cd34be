import QuizModel

/// A room as bytes: format version, rules number, state. Equal rooms are equal bytes, and a machine read back goes on
/// exactly as the one that was written.
///
/// Version 2 is version 1 with the commands that were heard behind it. A room that heard none is written as version 1,
/// which the build before reads too.
extension RoomStateMachine {
    package static let snapshotVersion: UInt8 = 2
    private static let snapshotVersionWithoutHeard: UInt8 = 1

    package func encodeSnapshot() -> [UInt8] {
        var writer = BinaryWriter()
        writer.byte(state.heard.isEmpty ? Self.snapshotVersionWithoutHeard : Self.snapshotVersion)
        writer.int(Self.rules)
        state.write(to: &writer, form: .complete)
        return writer.bytes
    }

    /// - Throws: every `RoomCodecError.Code`; `unsupportedVersion` also for rules this build cannot fold.
    package init(snapshot: [UInt8]) throws(RoomCodecError) {
        var reader = BinaryReader(snapshot)
        let version = try reader.byte("snapshot version")
        guard version == Self.snapshotVersion || version == Self.snapshotVersionWithoutHeard else {
            throw RoomCodecError(.unsupportedVersion, "snapshot version")
        }
        guard Self.supportedRules.contains(try reader.int(0...Int.max, "snapshot rules")) else {
            throw RoomCodecError(.unsupportedVersion, "snapshot rules")
        }
        let state = try RoomState(from: &reader, hasHeard: version == Self.snapshotVersion)
        try reader.end("snapshot")
        if let fault = state.fault { throw RoomCodecError(.inconsistent, fault) }
        self.init(state: state)
    }
}
