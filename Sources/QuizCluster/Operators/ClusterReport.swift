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

extension NodesReport: ClusterReport {
    package init(_ picture: ClusterPicture) {
        let counts = picture.owners.values.reduce(into: [Incarnation: Int]()) { $0[$1, default: 0] += 1 }
        let coordinator = picture.fences.coordinator?.owner
        var nodes: [NodeEntry] = picture.members.map { member in
            let setting = picture.settings.nodes[member.name]
            return NodeEntry(
                name: member.name, incarnation: member.incarnation, publicURL: member.publicURL,
                isAlive: picture.alive.contains(member.incarnation),
                isDraining: member.isDraining || setting?.isDraining == true,
                weight: setting?.weight ?? member.weight, shards: counts[member.incarnation] ?? 0, rooms: member.rooms,
                isCoordinator: member.incarnation == coordinator, reason: picture.reasons.nodes[member.name],
                overload: member.overload)
        }
        let known = Set(picture.members.map(\.incarnation))
        let strangers = Set(counts.keys).union(coordinator.map { [$0] } ?? []).subtracting(known)
        for stranger in strangers.sorted() {
            nodes.append(
                NodeEntry(
                    name: nil, incarnation: stranger, publicURL: nil, isAlive: picture.hasDirectory ? false : nil,
                    isDraining: false, weight: nil, shards: counts[stranger] ?? 0, rooms: nil,
                    isCoordinator: stranger == coordinator))
        }
        let names = Set(picture.members.map(\.name))
        for (name, setting) in picture.settings.nodes.sorted(by: { $0.key < $1.key }) where !names.contains(name) {
            nodes.append(
                NodeEntry(
                    name: name, incarnation: nil, publicURL: nil, isAlive: picture.hasDirectory ? false : nil,
                    isDraining: setting.isDraining, weight: setting.weight, shards: 0, rooms: nil, isCoordinator: false,
                    reason: picture.reasons.nodes[name])
            )
        }
        self.init(
            nodes: nodes, unownedShards: ShardID.count - picture.owners.count, pendingMoves: picture.pending.count,
            hasRedis: picture.hasDirectory)
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
        for node in nodes where node.isAlive == true {
            guard let sheds = node.overload?.sentence else { continue }
            lines.append("\(node.name ?? "(unknown)"): \(sheds)")
        }
        if unownedShards > 0 { lines.append("Shards that nobody owns: \(unownedShards).") }
        if pendingMoves > 0 { lines.append("Moves under way: \(pendingMoves).") }
        return lines
    }
}

extension OverloadLevel {
    /// What it means; nil: nothing to tell.
    fileprivate var sentence: String? {
        switch self {
        case .calm: nil
        case .refusesRooms: "overloaded, refuses new rooms"
        case .refusesJoins: "overloaded, refuses new rooms and new players"
        case .coarsens: "overloaded, refuses new rooms and new players, tells progress less often"
        }
    }
}

extension ShardEntry {
    /// - Parameter owners: the picture's, worked out once for all shards.
    package init(_ shard: ShardID, in picture: ClusterPicture, owners: [ShardID: Incarnation]) {
        let owner = owners[shard]
        self.init(
            shard: shard.index, owner: owner.map(picture.label), incarnation: owner,
            epoch: picture.fences.terms[shard]?.epoch.number ?? 0, pin: picture.settings.pins[shard],
            movesTo: picture.pending.first { $0.shard == shard }.map { picture.label($0.to) })
    }
}

extension ShardListReport: ClusterReport {
    /// - Parameter node: only the shards of processes of this name.
    package init(_ picture: ClusterPicture, node: String? = nil) {
        let owners = picture.owners
        self.init(
            shards: ShardID.all.map { ShardEntry($0, in: picture, owners: owners) }.filter {
                node == nil || $0.owner == node
            })
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

extension MoveEntry {
    package init(_ record: ShardMoveRecord, in picture: ClusterPicture) {
        self.init(
            shard: record.shard.index, epoch: record.epoch.number, from: picture.label(record.from),
            to: picture.label(record.to), reason: record.reason, note: record.note,
            at: Date(timeIntervalSince1970: Double(record.atMs / 1_000)).formatted(.iso8601))
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

extension HistoryReport: ClusterReport {
    package init(_ records: [ShardMoveRecord], in picture: ClusterPicture) {
        self.init(moves: records.map { MoveEntry($0, in: picture) })
    }

    package var lines: [String] { moves.isEmpty ? ["Nothing has moved."] : MoveEntry.table(moves) }
}

extension ShardReport: ClusterReport {
    package init(_ reference: ShardReference, in picture: ClusterPicture, openRooms: Int, records: [ShardMoveRecord]) {
        self.init(
            shard: ShardEntry(reference.shard, in: picture, owners: picture.owners), code: reference.code?.text,
            pinReason: picture.reasons.pins[reference.shard], openRooms: openRooms,
            moves: records.map { MoveEntry($0, in: picture) })
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
