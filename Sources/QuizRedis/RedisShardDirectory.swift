internal import Foundation
package import QuizCluster
package import QuizModel
package import QuizShards

/// Who is there and who owns what, in two hashes that lie in one slot.
///
/// Neither expires: a member's counter that stands still is judged by the clocks of those who watch, and whoever finds
/// it dead for long forgets it. What cannot be read (another version's, or an intruder's) is as if it were not there.
package struct RedisShardDirectory: ShardDirectory {
    /// Terms sent with one call of the script, so that none holds Redis up for long.
    static let termsPerCall = 256

    /// What the field of a member holds.
    private struct MemberRecord: Codable {
        var announcement: NodeAnnouncement
        var beat: UInt64
    }

    private let client: RedisClient
    private let keys: RedisKey.Space

    package init(client: RedisClient, keys: RedisKey.Space = .init()) {
        self.client = client
        self.keys = keys
    }

    package func beat(_ announcement: NodeAnnouncement, beat: UInt64) async -> DirectorySnapshot? {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Strings, integers and Booleans always encode.
        guard let value = try? encoder.encode(MemberRecord(announcement: announcement, beat: beat)) else { return nil }
        // Every failure means the same to the caller, and nobody waits for a Redis that is away.
        guard client.isConnected else { return nil }
        let reply = try? await client.evaluate(
            .clusterBeat, keys: [keys.members.text, keys.generation.text],
            arguments: [
                announcement.incarnation.description, String(decoding: value, as: UTF8.self),
                Incarnation.random().description,
            ])
        guard let elements = reply?.elements, let generation = elements.first?.text else { return nil }
        return DirectorySnapshot(generation: generation, members: Self.members(elements.dropFirst()))
    }

    /// Who is there, for those who are no node: nothing is announced, and no generation is drawn.
    ///
    /// - Returns: nil when Redis does not answer. The generation is empty where none has been drawn.
    package func members() async -> DirectorySnapshot? {
        guard client.isConnected else { return nil }
        // Every failure means the same to the caller. The generation is read on both sides, so that what is said of two is not taken for one.
        for _ in 0..<3 {
            guard let before = try? await client.command(["GET", keys.generation.text]),
                let elements = (try? await client.command(["HGETALL", keys.members.text]))?.elements,
                let after = try? await client.command(["GET", keys.generation.text])
            else { return nil }
            guard before == after else { continue }
            return DirectorySnapshot(generation: after.text ?? "", members: Self.members(elements[...]))
        }
        return nil
    }

    package func forget(_ node: Incarnation) async {
        guard client.isConnected else { return }
        // What is not forgotten now is dead to everybody all the same, and is forgotten another time.
        _ = try? await client.command(["HDEL", keys.members.text, node.description])
    }

    package func publish(_ terms: [Term]) async -> Bool {
        // Epoch 0 says that nobody owns the shard; that is what the map says of what is missing.
        let owned = terms.filter { $0.epoch > Epoch(0) }
        let chunks = stride(from: 0, to: owned.count, by: Self.termsPerCall).map {
            owned[$0..<min($0 + Self.termsPerCall, owned.count)]
        }
        // Side by side, so that all of them together wait no longer than one.
        return await withTaskGroup(of: Bool.self) { group in
            for chunk in chunks { group.addTask { await claim(chunk) } }
            return await group.reduce(true) { $0 && $1 }
        }
    }

    private func claim(_ terms: ArraySlice<Term>) async -> Bool {
        guard client.isConnected else { return false }
        // Whatever went wrong, the caller repeats it.
        let reply = try? await client.evaluate(
            .shardClaim, keys: [keys.shardMap.text],
            arguments: terms.flatMap { [$0.shard.description, $0.epoch.description, $0.owner.description] })
        return reply?.integer != nil
    }

    package func map() async -> [ShardID: Term]? {
        guard client.isConnected else { return nil }
        // Without Redis the caller goes on with what it knows.
        let reply = try? await client.command(["HGETALL", keys.shardMap.text])
        guard let elements = reply?.elements else { return nil }
        var map: [ShardID: Term] = [:]
        for (field, value) in Self.pairs(elements[...]) {
            if let term = Self.term(field, value) { map[term.shard] = term }
        }
        return map
    }

    // MARK: What is stored

    private static func members(_ elements: ArraySlice<RedisReply>) -> [Incarnation: DirectorySnapshot.Member] {
        var members: [Incarnation: DirectorySnapshot.Member] = [:]
        for (field, value) in pairs(elements) {
            // Not a member's record: skipped.
            guard let record = try? JSONDecoder().decode(MemberRecord.self, from: Data(value.utf8)),
                record.announcement.incarnation.description == field
            else { continue }
            members[record.announcement.incarnation] = .init(announcement: record.announcement, beat: record.beat)
        }
        return members
    }

    /// Only what `publish` writes: digits without sign or leading zeros, and a lower-case incarnation.
    private static func term(_ field: String, _ value: String) -> Term? {
        guard let index = Int(field), let shard = ShardID(index: index), shard.description == field,
            let bar = value.utf8.firstIndex(of: UInt8(ascii: "|")), let epoch = Int64(value[..<bar]), epoch > 0,
            let owner = Incarnation(String(value[bar...].dropFirst())), "\(epoch)|\(owner)" == value
        else { return nil }
        return Term(shard: shard, epoch: Epoch(epoch), owner: owner)
    }

    private static func pairs(_ elements: ArraySlice<RedisReply>) -> [(field: String, value: String)] {
        stride(from: elements.startIndex, to: elements.endIndex - 1, by: 2).compactMap { index in
            guard let field = elements[index].text, let value = elements[index + 1].text else { return nil }
            return (field, value)
        }
    }
}
