package import QuizModel
package import QuizRoom
internal import QuizTelemetry

/// Checks a finished game as an auditor would: from the journal alone (P4).
package enum GameReplay {
    package struct Verdict: Sendable, Equatable {
        package var game: GameID
        package var inputs: Int64
        package var entries: [LeaderboardEntry]
        /// Sentences; empty: the journal gives exactly the stored, signed result.
        package var faults: [String]
        /// When its journal was folded away, milliseconds since 1970; nil: it was replayed.
        package var foldedAtMs: Int64?
        package var isSound: Bool { faults.isEmpty }

        /// What a person is shown.
        package var lines: [String] {
            var lines = [
                foldedAtMs == nil
                    ? "Game \(game), folded from \(inputs) journaled inputs." : "Game \(game), after \(inputs) inputs."
            ]
            for entry in entries {
                lines.append("\(entry.rank). \(entry.nickname)  \(entry.score) points, \(entry.right) right")
            }
            if let foldedAtMs {
                let day = LogTime.rfc3339(milliseconds: foldedAtMs).prefix(10)
                lines.append(
                    "FOLDED on \(day): the inputs are no longer kept, so that it cannot be replayed. What is kept is the "
                        + "result, the hash behind its last input and the signature.")
            }
            if !isSound {
                lines += faults.map { "FAULT: \($0)" }
            } else {
                lines.append(
                    foldedAtMs == nil
                        ? "The replay gives the stored result, and the signature is valid." : "The signature is valid.")
            }
            return lines
        }
    }

    /// - Parameters:
    ///   - publicKey: 32 bytes, Ed25519.
    ///   - keyID: name of that key; a result signed by another one is reported.
    /// - Throws: `JournalFailure` when the store cannot be read; `Rejection(.notFound)` when there is no such game.
    package static func check(
        _ game: GameID, store: any RoomStore, publicKey: [UInt8], keyID: String
    ) async throws -> Verdict {
        guard let stored = try await store.result(of: game) else { throw unknown(game) }
        let fold = try await store.fold(of: stored.room)
        guard let journal = try await store.journal(of: stored.room, through: stored.head.number) else {
            throw unknown(game)
        }
        var rows = journal.rows
        let key = Key(bytes: publicKey, id: keyID)
        if let fold {
            if fold.head.number >= stored.head.number { return verdict(onFolded: stored, fold, key: key) }
            rows.removeAll { $0.number <= fold.head.number }
        }
        return verdict(on: stored, record: journal.record, base: fold?.base, rows: rows, key: key)
    }

    /// What signatures are checked with.
    package struct Key: Sendable {
        /// 32 bytes, Ed25519.
        package var bytes: [UInt8]
        package var id: String

        package init(bytes: [UInt8], id: String) {
            self.bytes = bytes
            self.id = id
        }
    }

    private static func unknown(_ game: GameID) -> Rejection {
        Rejection(.notFound, message: "There is no finished game \(game).")
    }

    private static func verdict(onFolded stored: StoredResult, _ fold: RoomFold, key: Key) -> Verdict {
        var verdict = Verdict(game: stored.game, inputs: stored.head.number, entries: stored.entries, faults: [])
        verdict.foldedAtMs = fold.foldedAtMs
        // The room's last game may end where the fold does.
        if fold.head.number == stored.head.number, fold.head.chain != stored.head.chain {
            verdict.faults.append("The hash the fold has kept is not the one that was signed.")
        }
        verdict.faults += contentFaults(of: stored) + signatureFaults(of: stored, key: key)
        return verdict
    }

    static func verdict(
        on stored: StoredResult, record: RoomRecord, base: StoredSnapshot?, rows: [JournalRow], key: Key
    ) -> Verdict {
        var verdict = Verdict(game: stored.game, inputs: Int64(rows.count), entries: stored.entries, faults: [])
        do {
            let room = StoredRoom(record: record, snapshot: base, tail: rows)
            // The key of the offsets has no part in the result.
            let replayed = try RoomReplay.replay(room, ringKey: [UInt8](repeating: 0, count: 32))
            if replayed.head != stored.head {
                verdict.faults.append("The journal's hash is not the one that was signed.")
            }
            if let (result, head) = replayed.finished.last(where: { $0.result.game == stored.game }) {
                verdict.entries = result.entries
                verdict.faults += difference(between: result, at: head, and: stored)
            } else {
                verdict.faults.append("The journal does not end this game.")
            }
        } catch {
            verdict.faults.append(error.sentence)
        }
        verdict.faults += signatureFaults(of: stored, key: key)
        return verdict
    }

    /// The signed result of a game, from the journal alone; what a room stores when a game ends in it.
    ///
    /// - Parameters:
    ///   - rows: all behind `base`.
    ///   - nowMs: when it counts as finished, milliseconds since 1970; the journal knows no wall clock.
    /// - Returns: nil: the game does not end in these rows.
    /// - Throws: `ReplayFault` when they do not fold.
    package static func result(
        of game: GameID, in record: RoomRecord, base: StoredSnapshot?, rows: [JournalRow], signer: ResultSigner,
        nowMs: Int64
    ) throws -> StoredResult? {
        let room = StoredRoom(record: record, snapshot: base, tail: rows)
        let replayed = try RoomReplay.replay(room, ringKey: [UInt8](repeating: 0, count: 32))
        guard let (result, head) = replayed.finished.last(where: { $0.result.game == game }) else { return nil }
        return StoredResult(
            game: game, room: record.room, title: result.title, finishedAtMs: nowMs, head: head,
            entries: result.entries, resultBytes: result.encode(), signature: try signer.sign(game: game, head: head),
            keyID: signer.keyID)
    }

    /// Where the stored result is not what the journal gives; sentences.
    package static func difference(
        between result: GameResult, at head: JournalHead, and stored: StoredResult
    ) -> [String] {
        var faults: [String] = []
        if head != stored.head { faults.append("The game ended at another input than the result says.") }
        if result.encode() != stored.resultBytes || result.entries != stored.entries {
            faults.append("The stored result is not the one the journal gives.")
        }
        return faults
    }

    /// What is wrong within a stored result, where no journal is left to compare it with; sentences.
    package static func contentFaults(of stored: StoredResult) -> [String] {
        do {
            let result = try GameResult.decode(stored.resultBytes)
            return result.game == stored.game && result.room == stored.room && result.entries == stored.entries
                ? [] : ["The players' places are not those of the stored result."]
        } catch {
            return ["The stored result cannot be read: \(error)."]
        }
    }

    package static func signatureFaults(of stored: StoredResult, key: Key) -> [String] {
        if stored.keyID != key.id {
            ["The result was signed with key \(stored.keyID), not with \(key.id)."]
        } else if !JournalSignature.isValid(
            stored.signature, game: stored.game, head: stored.head, publicKey: key.bytes)
        {
            ["The signature is not valid."]
        } else {
            []
        }
    }
}

extension ReplayFault {
    /// What a person is told.
    package var sentence: String {
        switch self {
        case .gap(let number): "Input \(number) does not follow the one before it."
        case .chainBroken(let number): "Input \(number) was changed after it was written: its hash does not fit."
        case .digestDiffers(let number): "After input \(number) the fold gives another state than the one journaled."
        case .refused(let number, let why): "Input \(number): \(why)"
        case .unreadable(let why): why
        case .rulesUnknown(let rules): "The room follows rules \(rules), which this build does not have."
        case .setAside(let why): "The room was taken out of play: \(why)"
        }
    }
}
