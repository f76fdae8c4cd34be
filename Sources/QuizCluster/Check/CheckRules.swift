package import QuizModel
package import QuizRoom
package import QuizRoomHost
internal import QuizShards

/// What `quizmania check` holds stored facts against; facts in, breaches out. Reading and repairing is done elsewhere.
package enum CheckRules {
    // MARK: The cluster

    package static func breaches(of facts: ClusterFacts) -> [Breach] {
        let picture = facts.picture
        return ownership(facts) + map(facts) + plan(picture) + settings(picture)
    }

    /// Only where nodes are: a cluster that is switched off owns nothing, which is no fault.
    private static func ownership(_ facts: ClusterFacts) -> [Breach] {
        let picture = facts.picture
        guard picture.hasDirectory, !picture.alive.isEmpty else { return [] }
        let unowned = facts.looks.map { look in
            Set(ShardID.all.filter { shard in look.after.terms[shard].map { $0.owner.value == 0 } ?? true })
        }
        let gone = facts.looks.map { look in
            Set(
                look.after.terms.values.filter { $0.owner.value != 0 && !picture.alive.contains($0.owner) }.map(\.shard)
            )
        }
        return lasting(unowned).map {
            Breach(.shardUnowned, "shard \($0)", "No node has taken it, and some are alive.")
        }
            + lasting(gone).map { shard in
                let owner = facts.looks.last?.after.terms[shard]?.owner
                return Breach(
                    .shardOwnerGone, "shard \(shard)", "Its owner \(picture.label(owner)) gives no sign of life.")
            }
    }

    private static func map(_ facts: ClusterFacts) -> [Breach] {
        var behind: [Set<ShardID>] = []
        var ahead: [Set<ShardID>] = []
        for look in facts.looks {
            guard let map = look.map else { return [] }
            // What moved before the map was read must be in it; what it says must have been true when it had been read.
            behind.append(
                Set(
                    look.before.terms.values.filter { term in
                        term.epoch > Epoch(0) && map[term.shard].map { $0.epoch < term.epoch } ?? true
                    }.map(\.shard)))
            ahead.append(
                Set(
                    map.values.filter { term in
                        guard let fence = look.after.terms[term.shard] else { return true }
                        return term.epoch > fence.epoch || term.epoch == fence.epoch && term.owner != fence.owner
                    }.map(\.shard)))
        }
        // An empty map of an empty cluster: nodes fill it when they start.
        if facts.picture.alive.isEmpty, facts.looks.allSatisfy({ $0.map?.isEmpty == true }) { return [] }
        let last = facts.looks.last
        func said(_ term: Term?) -> String {
            term.map { "\(facts.picture.label($0.owner)) in epoch \($0.epoch)" } ?? "nobody"
        }
        var breaches: [Breach] = lasting(ahead).map { shard in
            Breach(
                .mapAhead, "shard \(shard)",
                "Redis says \(said(last?.map?[shard])), PostgreSQL \(said(last?.after.terms[shard])).",
                action: .replaceInMap(shard: shard.index))
        }
        let late = lasting(behind)
        if late.count > Self.listedMax {
            // One after the other they would hide everything else.
            breaches.append(
                Breach(
                    .mapBehind, "\(late.count) shards", "Redis knows older terms of them than PostgreSQL, or none.",
                    action: .publish(shards: late.map(\.index))))
        } else {
            breaches += late.map { shard in
                Breach(
                    .mapBehind, "shard \(shard)",
                    "Redis says \(said(last?.map?[shard])), PostgreSQL \(said(last?.before.terms[shard])).",
                    action: .publish(shards: [shard.index]))
            }
        }
        return breaches
    }

    private static let listedMax = 16

    /// What was so in every look, in order.
    private static func lasting(_ looks: [Set<ShardID>]) -> [ShardID] {
        guard let first = looks.first else { return [] }
        return looks.dropFirst().reduce(first) { $0.intersection($1) }.sorted()
    }

    private static func plan(_ picture: ClusterPicture) -> [Breach] {
        guard picture.hasDirectory else { return [] }
        let known = Set(picture.members.map(\.incarnation))
        return picture.pending.filter { !known.contains($0.to) }.map { move in
            Breach(
                .planStranger, "shard \(move.shard)",
                "The plan gives it to \(ClusterPicture.short(move.to)) (\(move.reason.rawValue)), which nobody knows.",
                action: .dropPlan(shard: move.shard.index))
        }
    }

    /// A node that is switched off for a while looks the same, so that this is for people to decide.
    private static func settings(_ picture: ClusterPicture) -> [Breach] {
        guard picture.hasDirectory else { return [] }
        let names = Set(picture.members.map(\.name))
        let nodes = picture.settings.nodes.filter { !names.contains($0.key) }.sorted { $0.key < $1.key }
        let pins = picture.settings.pins.filter { !names.contains($0.value) }.sorted { $0.key < $1.key }
        return nodes.map { name, setting in
            let what = [setting.isDraining ? "drained" : nil, setting.weight.map { "given weight \($0)" }]
                .compactMap(\.self).joined(separator: " and ")
            return Breach(
                .settingStranger, "node \(name)", "It is \(what), and no node of this name has announced itself.",
                severity: .advice)
        }
            + pins.map { shard, name in
                Breach(
                    .settingStranger, "shard \(shard)",
                    "It is pinned to \(name), and no such node has announced itself.",
                    severity: .advice)
            }
    }

    /// - Parameters:
    ///   - perNode: what one node may open to the server itself.
    ///   - nodes: those alive now.
    package static func connections(perNode: Int, nodes: Int, max: Int, reserved: Int) -> [Breach] {
        // Operators' commands and one node that comes while another one goes need some as well.
        let wanted = perNode * (Swift.max(nodes, 1) + 1)
        guard wanted > max - reserved else { return [] }
        return [
            Breach(
                .setting, "max_connections",
                "The server admits \(max - reserved) sessions; \(Swift.max(nodes, 1)) nodes and one that is being replaced open up to \(wanted).",
                severity: perNode * Swift.max(nodes, 1) > max - reserved ? .breach : .advice,
                repair:
                    "Raise max_connections, lower the pools' `postgres.….connections`, or put a pooler in front of them (`postgres.pooler`)."
            )
        ]
    }

    // MARK: Rooms

    /// What the room's own row says.
    package static func breaches(of room: RoomFacts) -> [Breach] {
        var breaches: [Breach] = []
        let code = RoomCode(room.code)
        if code == nil || code.map(ShardID.init(of:))?.index != room.shard {
            breaches.append(
                Breach(
                    .roomShard, subject(room),
                    "It is recorded in shard \(room.shard); its code \(room.code) \(code.map { "leads to \(ShardID(of: $0))" } ?? "is none")."
                ))
        }
        if !room.isClosed, room.codeLeadsTo != room.room {
            breaches.append(
                Breach(
                    .roomCode, subject(room),
                    "Its code \(room.code) leads to \(room.codeLeadsTo.map { "room \($0)" } ?? "nobody").",
                    action: room.codeLeadsTo == nil ? .lendCode(room: room.room, code: room.code) : nil))
        }
        return breaches
    }

    /// - Parameter isSound: nothing else was found about the room.
    package static func quarantine(of room: RoomFacts, isSound: Bool) -> [Breach] {
        guard let why = room.quarantine else { return [] }
        return [
            Breach(
                .roomQuarantined, subject(room), isSound ? "It is sound, and quarantined: \(why)" : "Because: \(why)",
                severity: .advice, action: isSound ? .release(room: room.room) : nil)
        ]
    }

    /// What the fold of its journal came upon; `ended` is for `breaches(ofResult:)`.
    package static func breaches(of finding: RoomAudit.Finding, in room: RoomFacts) -> [Breach] {
        switch finding {
        case .ended: []
        case .broken(let fault): [broken(fault, room)]
        case .epochFell(let at, let from, let to):
            [
                Breach(
                    .journalEpoch, subject(room), "Input \(at) was written in epoch \(to), behind one of epoch \(from)."
                )
            ]
        case .snapshotDiffers(let number, let why):
            [
                Breach(
                    .snapshot, subject(room), "The snapshot at input \(number): \(why)",
                    action: .deleteSnapshot(room: room.room, number: number))
            ]
        case .snapshotAhead(let number):
            [
                Breach(
                    .snapshot, subject(room),
                    "There is a snapshot at input \(number), which the journal does not have.",
                    action: .deleteSnapshot(room: room.room, number: number))
            ]
        }
    }

    private static func broken(_ fault: ReplayFault, _ room: RoomFacts) -> Breach {
        let rule: Breach.Rule
        switch fault {
        case .gap: rule = .journalGap
        case .chainBroken: rule = .journalChain
        case .digestDiffers, .refused, .unreadable, .setAside: rule = .journalFold
        case .rulesUnknown: return Breach(.journalRules, subject(room), fault.sentence, severity: .advice)
        }
        // An owner that has it in play goes on with what it holds; nobody must load or fold it before somebody has looked.
        return Breach(
            rule, subject(room), fault.sentence,
            action: room.quarantine == nil ? .quarantine(room: room.room, why: fault.sentence) : nil)
    }

    // MARK: Results

    /// A game that ended in the journal against its stored result.
    ///
    /// - Parameter stored: nil: there is none.
    package static func breaches(
        ofResult result: GameResult, at head: JournalHead, stored: StoredResult?, key: GameReplay.Key?,
        in room: RoomFacts
    ) -> [Breach] {
        guard let stored else {
            return [
                Breach(
                    .resultMissing, "game \(result.game)", "Room \(room.room) ended it at input \(head.number).",
                    action: key == nil ? nil : .storeResult(room: room.room, game: result.game))
            ]
        }
        return GameReplay.difference(between: result, at: head, and: stored).map {
            Breach(.resultDiffers, "game \(result.game)", $0)
        } + signature(of: stored, key: key)
    }

    /// A result whose inputs were folded away.
    package static func breaches(ofFolded stored: StoredResult, fold: RoomFold, key: GameReplay.Key?) -> [Breach] {
        var faults = GameReplay.contentFaults(of: stored)
        if stored.head.number == fold.head.number, stored.head.chain != fold.head.chain {
            faults.append("Its last hash is not the one the fold has kept.")
        }
        return faults.map { Breach(.resultDiffers, "game \(stored.game)", $0) } + signature(of: stored, key: key)
    }

    private static func signature(of stored: StoredResult, key: GameReplay.Key?) -> [Breach] {
        guard let key else { return [] }
        // A deployment may have changed its key; what the old one signed can be checked with the old one only.
        let severity: Breach.Severity = stored.keyID == key.id ? .breach : .advice
        return GameReplay.signatureFaults(of: stored, key: key).map {
            Breach(.resultSignature, "game \(stored.game)", $0, severity: severity)
        }
    }

    /// The results stored of a room, against the ends of games its journal has.
    ///
    /// - Parameters:
    ///   - ends: games that ended in the part of the journal that is there.
    ///   - folded: inputs up to here were folded away.
    ///   - head: the last input that was looked at; results behind it are younger than the look.
    package static func breaches(
        ofResults results: [(game: GameID, number: Int64)], ends: Set<GameID>, folded: Int64, head: Int64,
        in room: RoomFacts
    ) -> [Breach] {
        var breaches: [Breach] = []
        for (number, same) in Dictionary(grouping: results, by: \.number).sorted(by: { $0.key < $1.key })
        where same.count > 1 {
            breaches.append(
                Breach(
                    .resultTwice, subject(room),
                    "\(same.count) results are stored for the game that ended at input \(number)."))
        }
        for result in results where result.number > folded && result.number <= head && !ends.contains(result.game) {
            breaches.append(
                Breach(
                    .resultOrphan, "game \(result.game)",
                    "Room \(room.room) has no end of this game at input \(result.number)."))
        }
        return breaches
    }

    static func subject(_ room: RoomFacts) -> String { "room \(room.room)" }
}
