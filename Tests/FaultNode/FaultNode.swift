import Foundation
import Logging
import QuizNode
import QuizRoomHost
import QuizTelemetry

/// `quizmania serve` with a storage that kills the process at a chosen instant, or acknowledges too early.
///
/// `QUIZMANIA_FAULT_POINT=name[:count]` picks the instant: the count-th time the point is reached (default 1).
/// `QUIZMANIA_MUTATION=ack-before-commit` plants the bug that the kill tests must be able to find.
/// `QUIZMANIA_VERSIONS=next` makes it the release after this one: see `NodeVersions.next`.
@main
enum FaultNode {
    static func main() async {
        let environment = ProcessInfo.processInfo.environment
        do {
            let settings = try await NodeSettings.load(file: nil)
            let (format, level) = (settings.logFormat, settings.logLevel)
            LoggingSystem.bootstrap { format.handler(label: $0, level: level) }
            let plan = FaultPlan(
                point: environment["QUIZMANIA_FAULT_POINT"], mutation: environment["QUIZMANIA_MUTATION"])
            let versions = environment["QUIZMANIA_VERSIONS"] == "next" ? NodeVersions.next : .shipped
            let node = Node(settings: settings, log: Logger(label: "faultnode"), versions: versions) { journal, store in
                (FaultyJournal(inner: journal, plan: plan), FaultyStore(inner: store, plan: plan))
            }
            try await node.run()
        } catch {
            FileHandle.standardError.write(Data("faultnode: \(error)\n".utf8))
            exit(1)
        }
    }
}

extension NodeVersions {
    /// One version of the mesh and one number of rules further, and still able to do the last of each. The rules say what they said before; that
    /// they have another number is what the nodes around have to get along with.
    static var next: NodeVersions {
        let shipped = NodeVersions.shipped
        return NodeVersions(
            mesh: shipped.mesh.upperBound...(shipped.mesh.upperBound + 1),
            rules: shipped.rules.upperBound...(shipped.rules.upperBound + 1))
    }
}
