package import QuizModel

/// Something that is not as the promises need it.
package struct Breach: Codable, Hashable, Sendable {
    /// Every rule `quizmania check` knows, and what its breach means.
    package enum Rule: String, Codable, CaseIterable, Sendable {
        case setting
        case schema
        case redisReachable = "redis_reachable"
        case redisSetting = "redis_setting"
        case roomShard = "room_shard"
        case roomCode = "room_code"
        case roomQuarantined = "room_quarantined"
        case journalGap = "journal_gap"
        case journalChain = "journal_chain"
        case journalFold = "journal_fold"
        case journalEpoch = "journal_epoch"
        case journalRules = "journal_rules"
        case journalOrphan = "journal_orphan"
        case journalBehindFold = "journal_behind_fold"
        case snapshot
        case resultMissing = "result_missing"
        case resultDiffers = "result_differs"
        case resultSignature = "result_signature"
        case resultTwice = "result_twice"
        case resultOrphan = "result_orphan"
        case shardUnowned = "shard_unowned"
        case shardOwnerGone = "shard_owner_gone"
        case mapBehind = "map_behind"
        case mapAhead = "map_ahead"
        case planStranger = "plan_stranger"
        case settingStranger = "setting_stranger"
    }

    package enum Severity: String, Codable, Sendable {
        /// A promise is broken, or nothing keeps it from being broken.
        case breach
        /// Worth a look; no promise rests on it.
        case advice
    }

    package var rule: Rule
    package var severity: Severity
    /// What it is about: `room 0b6c…`, `shard 7`, `fsync`.
    package var subject: String
    /// What was found.
    package var finding: String
    /// What to do.
    package var repair: String
    /// What `--repair` does; nil: nothing it may do.
    package var action: RepairAction?

    package init(
        _ rule: Rule, _ subject: String, _ finding: String, severity: Severity = .breach, repair: String? = nil,
        action: RepairAction? = nil
    ) {
        self.rule = rule
        self.severity = severity
        self.subject = subject
        self.finding = finding
        self.repair = repair ?? action?.sentence ?? rule.repair
        self.action = action
    }

    package var lines: [String] {
        [
            "\(severity == .breach ? "BREACH" : "advice")  \(rule.rawValue)  \(subject)", "    found:  \(finding)",
            "    means:  \(rule.meaning)", "    repair: \(repair)",
        ]
    }
}

extension Breach.Rule {
    /// What its breach means.
    package var meaning: String {
        switch self {
        case .setting: "What was acknowledged may be lost, or a node may be kept from working."
        case .schema: "A node of this build does not start on this database."
        case .redisReachable: "Games go on; nobody finds new nodes, and nothing is moved."
        case .redisSetting: "Redis may forget who is there and who owns what while it is needed."
        case .roomShard: "The room lies in another shard than its code leads to, so that nobody finds it."
        case .roomCode: "The room is open and its code leads nowhere, or to another room."
        case .roomQuarantined: "The room is kept out of play, and its journal is not folded."
        case .journalGap: "An input that was acknowledged is not there any more."
        case .journalChain: "An input was changed after it was written."
        case .journalFold: "The inputs do not give what they once gave; the room cannot be brought back."
        case .journalEpoch: "A row was written by an owner whose term was over: the fence did not hold."
        case .journalRules: "This build cannot say whether the journal is sound."
        case .journalOrphan: "There is a journal, and no room it belongs to."
        case .journalBehindFold: "Inputs were written behind the end of a room."
        case .snapshot: "The room would come back from it as something it never was."
        case .resultMissing: "A game was played to its end, and its result is not in anybody's history."
        case .resultDiffers: "What players were told is not what the journal gives."
        case .resultSignature: "The result is not the one that was signed, or was signed by somebody else."
        case .resultTwice: "One end of a game counts twice."
        case .resultOrphan: "There is a result of a game no journal and no fold knows."
        case .shardUnowned: "Its rooms are found by nobody."
        case .shardOwnerGone: "Its rooms stand still until another node takes it."
        case .mapBehind: "Players are sent to the former owner first, and come later."
        case .mapAhead:
            "Redis remembers a term PostgreSQL does not: commits were lost, or it is another cluster's Redis."
        case .planStranger: "A shard is to go to a node that is not there; it stays where it is."
        case .settingStranger: "It has no effect, and would surprise whoever starts a node of that name."
        }
    }

    /// What to do where no single action helps.
    var repair: String {
        switch self {
        case .setting, .redisSetting: "Change the setting as said."
        case .schema: "Run `quizmania migrate`."
        case .redisReachable: "Start Redis, or correct `redis` in the settings; the nodes fill it again by themselves."
        case .roomShard, .journalGap, .journalChain, .journalFold:
            "Nothing can be put right here without a backup: compare with one, and keep the rows."
        case .roomCode: "Players cannot come back by the code: close the room, or give it the code again."
        case .roomQuarantined: "Check the room alone with `--room`; when it is sound, `--repair` lets it play again."
        case .journalEpoch: "Find out how two nodes could write: look at synchronous_commit and at past failovers."
        case .journalRules: "Check with a build that has these rules."
        case .journalOrphan, .journalBehindFold: "Keep the rows, and find out who wrote them."
        case .snapshot: "Remove the snapshot; the room is then brought back from an older state."
        case .resultMissing: "Fold the game again and store its result."
        case .resultDiffers, .resultSignature, .resultTwice, .resultOrphan:
            "Find out who changed the database; compare with a backup. Nothing is corrected without one."
        case .shardUnowned, .shardOwnerGone:
            "A node that runs takes it by itself: look whether one does, and at the coordinator (`quizmania nodes`)."
        case .mapBehind: "The owner writes it again every two seconds; `--repair` does it now."
        case .mapAhead:
            "Look for a failover without a synchronous standby; then let `--repair` write what PostgreSQL says."
        case .planStranger: "The coordinator makes a new plan as soon as there is one."
        case .settingStranger: "`quizmania shards undrain`, `weights NODE default` or `unpin` takes it away."
        }
    }
}

/// What `quizmania check --repair` may do. None of it changes a journal, a result or a fence; each can be done twice.
package enum RepairAction: Codable, Hashable, Sendable {
    /// Write the fence's terms of these shards into the map in Redis.
    case publish(shards: [Int])
    /// Take a shard out of the map, then write what the fence says.
    case replaceInMap(shard: Int)
    case deleteSnapshot(room: RoomID, number: Int64)
    /// Fold a game again, sign and store its result, once.
    case storeResult(room: RoomID, game: GameID)
    /// Keep a room out of play at its next load.
    case quarantine(room: RoomID, why: String)
    case release(room: RoomID)
    /// Write the room's code again, if no other room has it.
    case lendCode(room: RoomID, code: String)
    case dropPlan(shard: Int)

    package var sentence: String {
        switch self {
        case .publish(let shards):
            "Write what PostgreSQL says of \(shards.count == 1 ? "shard \(shards[0])" : "\(shards.count) shards") into the map in Redis."
        case .replaceInMap(let shard):
            "Take shard \(shard) out of the map in Redis and write what PostgreSQL says of it."
        case .deleteSnapshot(let room, let number):
            "Delete the snapshot of room \(room) at input \(number); its next owner replays from an older state."
        case .storeResult(_, let game): "Fold game \(game) again, sign its result and store it."
        case .quarantine(let room, _):
            "Mark room \(room) as quarantined: whoever loads it next keeps it out of play, and its journal is kept."
        case .release(let room): "Take the quarantine mark from room \(room): whoever loads it next brings it back."
        case .lendCode(let room, let code): "Lend the code \(code) to room \(room) again, unless another room has it."
        case .dropPlan(let shard): "Delete the plan's row for shard \(shard); the coordinator writes what it needs."
        }
    }
}
