/// `quizmania check`: what was looked at, and what was found.
package struct CheckReport: ClusterReport, Codable, Hashable {
    package struct Looked: Codable, Hashable, Sendable {
        package var rooms = 0
        package var inputs = 0
        /// Games compared with the journal.
        package var replayed = 0
        /// Games whose journal was folded away: only content and signature were checked.
        package var folded = 0

        package init() {}
    }

    package struct Repaired: Codable, Hashable, Sendable {
        package enum Outcome: String, Codable, Sendable { case planned, done, failed }

        package var rule: Breach.Rule
        package var subject: String
        package var action: RepairAction
        package var sentence: String
        package var outcome: Outcome
        /// Why it failed.
        package var why: String?

        package init(_ breach: Breach, _ action: RepairAction, outcome: Outcome, why: String? = nil) {
            rule = breach.rule
            subject = breach.subject
            self.action = action
            sentence = action.sentence
            self.outcome = outcome
            self.why = why
        }
    }

    /// Breaches that are listed; a database that is wrong everywhere would fill the memory.
    package static let breachesMax = 1_000

    package var looked = Looked()
    package var breaches: [Breach] = []
    /// Breaches beyond `breachesMax`.
    package var unlisted = 0
    /// What could not be looked at, and why; sentences.
    package var unchecked: [String] = []
    package var repairs: [Repaired] = []
    package var tookMs = 0

    package init() {}

    package mutating func add(_ found: [Breach]) {
        let room = max(0, Self.breachesMax - breaches.count)
        breaches += found.prefix(room)
        unlisted += max(0, found.count - room)
    }

    /// Advice is none.
    package var hasBreaches: Bool { unlisted > 0 || breaches.contains { $0.severity == .breach } }

    /// 0: all is well; 1: something is broken, or a repair failed; 2: not everything could be looked at.
    package var status: Int32 {
        if hasBreaches || repairs.contains(where: { $0.outcome == .failed }) { return 1 }
        return unchecked.isEmpty ? 0 : 2
    }

    package var lines: [String] {
        let count = breaches.count { $0.severity == .breach } + unlisted
        let advice = breaches.count { $0.severity == .advice }
        var lines = breaches.flatMap(\.lines)
        if unlisted > 0 { lines.append("and \(unlisted) more breaches") }
        for repair in repairs {
            let outcome =
                switch repair.outcome {
                case .planned: "would"
                case .done: "done"
                case .failed: "FAILED"
                }
            lines.append("\(outcome)  \(repair.subject): \(repair.sentence)\(repair.why.map { " \($0)" } ?? "")")
        }
        lines += unchecked.map { "not looked at: \($0)" }
        lines.append(
            "\(looked.rooms) rooms, \(looked.inputs) inputs, \(looked.replayed) games replayed, \(looked.folded) folded ones, in "
                + "\(tookMs / 1_000).\(tookMs % 1_000 / 100) s.")
        lines.append(
            count == 0
                ? "No breach\(advice > 0 ? ", \(advice) pieces of advice" : "")."
                : "Breaches: \(count), advice: \(advice).")
        return lines
    }
}
