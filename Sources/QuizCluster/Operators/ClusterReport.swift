internal import Foundation
package import QuizModel
package import QuizShards

/// What an operator's command answers: one JSON document for programs, lines for people. Both come from the same values.
package protocol ClusterReport: Encodable, Sendable {
    var lines: [String] { get }
}

extension ClusterReport {
    /// One document in one line; keys in the order of the alphabet.
    package func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self)
    }
}

/// `quizmania nodes`.
package struct NodesReport: ClusterReport, Codable, Hashable {
    package struct Node: Codable, Hashable, Sendable {
        /// Nil: it owns shards, and nobody knows its name any more.
        package var name: String?
        /// Nil: an operator has set something for it, and no process of this name is there.
        package var incarnation: Incarnation?
        package var publicURL: String?
        /// Nil: Redis does not answer.
        package var isAlive: Bool?
        package var isDraining: Bool
        /// In force: the operators', else its own.
        package var weight: Int?
        package var shards: Int
        package var rooms: Int?
        package var isCoordinator: Bool
        /// Why operators drain it or gave it its weight.
        package var reason: String?
    }

    package var nodes: [Node]
    package var unownedShards: Int
    package var pendingMoves: Int
    package var hasRedis: Bool

    package init(_ picture: ClusterPicture) {
        let counts = picture.owners.values.reduce(into: [Incarnation: Int]()) { $0[$1, default: 0] += 1 }
        let coordinator = picture.fences.coordinator?.owner
        var nodes: [Node] = picture.members.map { member in
            let setting = picture.settings.nodes[member.name]
            return Node(
                name: member.name, incarnation: member.incarnation, publicURL: member.publicURL,
                isAlive: picture.alive.contains(member.incarnation),
                isDraining: member.isDraining || setting?.isDraining == true,
                weight: setting?.weight ?? member.weight, shards: counts[member.incarnation] ?? 0, rooms: member.rooms,
                isCoordinator: member.incarnation == coordinator, reason: picture.reasons.nodes[member.name])
        }
        let known = Set(picture.members.map(\.incarnation))
        let strangers = Set(counts.keys).union(coordinator.map { [$0] } ?? []).subtracting(known)
        for stranger in strangers.sorted() {
            nodes.append(
                Node(
                    name: nil, incarnation: stranger, publicURL: nil, isAlive: picture.hasDirectory ? false : nil,
                    isDraining: false, weight: nil, shards: counts[stranger] ?? 0, rooms: nil,
                    isCoordinator: stranger == coordinator))
        }
        let names = Set(picture.members.map(\.name))
        for (name, setting) in picture.settings.nodes.sorted(by: { $0.key < $1.key }) where !names.contains(name) {
            nodes.append(
                Node(
                    name: name, incarnation: nil, publicURL: nil, isAlive: picture.hasDirectory ? false : nil,
                    isDraining: setting.isDraining, weight: setting.weight, shards: 0, rooms: nil, isCoordinator: false,
                    reason: picture.reasons.nodes[name])
            )
        }
        self.nodes = nodes
        unownedShards = ShardID.count - picture.owners.count
        pendingMoves = picture.pending.count
        hasRedis = picture.hasDirectory
    }

    package var lines: [String] {
        var table = TextTable(
            ("NODE", .left), ("INCARNATION", .left), ("ALIVE", .left), ("DRAINING", .left), ("WEIGHT", .right),
            ("SHARDS", .right), ("ROOMS", .right), ("COORDINATOR", .left), ("URL", .left))
        for node in nodes {
            table.add([
                node.name ?? "(unknown)", node.incarnation.map(ClusterPicture.short) ?? "-",
                node.isAlive.map { $0 ? "yes" : "no" } ?? "?", node.isDraining ? "yes" : "no",
                node.weight.map(String.init) ?? "-", String(node.shards), node.rooms.map(String.init) ?? "-",
                node.isCoordinator ? "*" : "", node.publicURL ?? "-",
            ])
        }
        var lines = nodes.isEmpty ? ["No node has announced itself, and none owns a shard."] : table.lines
        // Two processes may have one name.
        var told: Set<String> = []
        for node in nodes {
            guard let name = node.name, let reason = node.reason, !reason.isEmpty else { continue }
            if told.insert(name).inserted { lines.append("\(name): \(reason)") }
        }
        if unownedShards > 0 { lines.append("Shards that nobody owns: \(unownedShards).") }
        if pendingMoves > 0 { lines.append("Moves under way: \(pendingMoves).") }
        return lines
    }
}

/// A shard as lists show it.
package struct ShardEntry: Codable, Hashable, Sendable {
    package var shard: Int
    /// The owner's name, or the beginning of its incarnation; nil: nobody.
    package var owner: String?
    package var incarnation: Incarnation?
    /// 0: nobody has ever owned it.
    package var epoch: Int64
    /// The name of the node it is pinned to.
    package var pin: String?
    /// Where the plan moves it.
    package var movesTo: String?

    package init(_ shard: ShardID, in picture: ClusterPicture) {
        let owner = picture.owners[shard]
        self.shard = shard.index
        self.owner = owner.map(picture.label)
        incarnation = owner
        epoch = picture.fences.terms[shard]?.epoch.number ?? 0
        pin = picture.settings.pins[shard]
        movesTo = picture.pending.first { $0.shard == shard }.map { picture.label($0.to) }
    }
}

/// `quizmania shards list`.
package struct ShardListReport: ClusterReport, Codable, Hashable {
    package var shards: [ShardEntry]

    /// - Parameter node: only the shards of processes of this name.
    package init(_ picture: ClusterPicture, node: String? = nil) {
        shards = ShardID.all.map { ShardEntry($0, in: picture) }.filter { node == nil || $0.owner == node }
    }

    package var lines: [String] {
        guard !shards.isEmpty else { return ["It owns no shard."] }
        var table = TextTable(
            ("SHARD", .right), ("OWNER", .left), ("EPOCH", .right), ("PIN", .left), ("MOVES TO", .left))
        for shard in shards {
            table.add([
                String(shard.shard), shard.owner ?? "nobody", String(shard.epoch), shard.pin ?? "", shard.movesTo ?? "",
            ])
        }
        return table.lines
    }
}

/// A move that has happened, with names where they are still known.
package struct MoveEntry: Codable, Hashable, Sendable {
    package var shard: Int
    package var epoch: Int64
    package var from: String
    package var to: String
    package var reason: MoveReason
    package var note: String
    /// ISO 8601, UTC, whole seconds.
    package var at: String

    package init(_ record: ShardMoveRecord, in picture: ClusterPicture) {
        shard = record.shard.index
        epoch = record.epoch.number
        from = picture.label(record.from)
        to = picture.label(record.to)
        reason = record.reason
        note = record.note
        at = Date(timeIntervalSince1970: Double(record.atMs / 1_000)).formatted(.iso8601)
    }

    static func table(_ moves: [MoveEntry]) -> [String] {
        var table = TextTable(
            ("WHEN", .left), ("SHARD", .right), ("EPOCH", .right), ("FROM", .left), ("TO", .left), ("REASON", .left),
            ("NOTE", .left))
        for move in moves {
            table.add([
                move.at, String(move.shard), String(move.epoch), move.from, move.to, move.reason.rawValue, move.note,
            ])
        }
        return table.lines
    }
}

/// `quizmania shards history`.
package struct HistoryReport: ClusterReport, Codable, Hashable {
    /// Newest first.
    package var moves: [MoveEntry]

    package init(_ records: [ShardMoveRecord], in picture: ClusterPicture) {
        moves = records.map { MoveEntry($0, in: picture) }
    }

    package var lines: [String] { moves.isEmpty ? ["Nothing has moved."] : MoveEntry.table(moves) }
}

/// `quizmania shards show`.
package struct ShardReport: ClusterReport, Codable, Hashable {
    package var shard: ShardEntry
    /// The room code it was asked for by.
    package var code: String?
    /// Why it is pinned.
    package var pinReason: String?
    package var openRooms: Int
    /// Newest first.
    package var moves: [MoveEntry]

    package init(_ reference: ShardReference, in picture: ClusterPicture, openRooms: Int, records: [ShardMoveRecord]) {
        shard = ShardEntry(reference.shard, in: picture)
        code = reference.code?.text
        pinReason = picture.reasons.pins[reference.shard]
        self.openRooms = openRooms
        moves = records.map { MoveEntry($0, in: picture) }
    }

    package var lines: [String] {
        var lines = ["shard       \(shard.shard)"]
        if let code { lines.append("asked by    room code \(code)") }
        let process = shard.incarnation.map { " (\(ClusterPicture.short($0)))" } ?? ""
        let why = pinReason.map { $0.isEmpty ? "" : ": \($0)" } ?? ""
        lines += [
            "owner       \((shard.owner ?? "nobody") + process)", "epoch       \(shard.epoch)",
            "pin         \((shard.pin ?? "none") + why)", "open rooms  \(openRooms)",
        ]
        if let target = shard.movesTo { lines.append("moves to    \(target)") }
        return lines + (moves.isEmpty ? ["It has never moved."] : ["", "Last moves:"] + MoveEntry.table(moves))
    }
}
