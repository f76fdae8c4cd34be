package import QuizModel
internal import QuizRoom

/// Checks a finished game as an auditor would: from the journal alone (P4).
package enum GameReplay {
    package struct Verdict: Sendable, Equatable {
        package var game: GameID
        package var inputs: Int64
        package var entries: [LeaderboardEntry]
        /// Sentences; empty: the journal gives exactly the stored, signed result.
        package var faults: [String]
        package var isSound: Bool { faults.isEmpty }

        /// What a person is shown.
        package var lines: [String] {
            var lines = ["Game \(game), folded from \(inputs) journaled inputs."]
            for entry in entries {
                lines.append("\(entry.rank). \(entry.nickname)  \(entry.score) points, \(entry.right) right")
            }
            lines +=
                isSound
                ? ["The replay gives the stored result, and the signature is valid."]
                : faults.map { "FAULT: \($0)" }
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
        guard let stored = try await store.result(of: game),
            let (record, rows) = try await store.journal(of: stored.room, through: stored.head.number)
        else { throw Rejection(.notFound, message: "There is no finished game \(game).") }
        return verdict(on: stored, record: record, rows: rows, publicKey: publicKey, keyID: keyID)
    }

    static func verdict(
        on stored: StoredResult, record: RoomRecord, rows: [JournalRow], publicKey: [UInt8], keyID: String
    ) -> Verdict {
        var verdict = Verdict(game: stored.game, inputs: Int64(rows.count), entries: stored.entries, faults: [])
        do {
            let room = StoredRoom(record: record, snapshot: nil, tail: rows)
            // The key of the offsets has no part in the result.
            let replayed = try RoomReplay.replay(room, ringKey: [UInt8](repeating: 0, count: 32))
            if replayed.head != stored.head {
                verdict.faults.append("The journal's hash is not the one that was signed.")
            }
            if let (result, head) = replayed.finished.last(where: { $0.result.game == stored.game }) {
                verdict.entries = result.entries
                if head != stored.head {
                    verdict.faults.append("The game ended at another input than the result says.")
                }
                if result.encode() != stored.resultBytes || result.entries != stored.entries {
                    verdict.faults.append("The stored result is not the one the journal gives.")
                }
            } else {
                verdict.faults.append("The journal does not end this game.")
            }
        } catch {
            verdict.faults.append(error.sentence)
        }
        if stored.keyID != keyID {
            verdict.faults.append("The result was signed with key \(stored.keyID), not with \(keyID).")
        } else if !JournalSignature.isValid(
            stored.signature, game: stored.game, head: stored.head, publicKey: publicKey)
        {
            verdict.faults.append("The signature is not valid.")
        }
        return verdict
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
        }
    }
}
