internal import QuizMesh
internal import QuizRoom

/// What a build says and runs. Nodes have `shipped`; tests make what the next release will be, to see a cluster go over to it.
package struct NodeVersions: Sendable {
    /// Versions of the mesh; the highest that both sides speak is spoken.
    package var mesh: ClosedRange<UInt8>
    /// Numbers of room rules. New rooms follow the highest that all live nodes can run, and keep it.
    package var rules: ClosedRange<Int>

    package init(mesh: ClosedRange<UInt8>, rules: ClosedRange<Int>) {
        self.mesh = mesh
        self.rules = rules
    }

    package static let shipped = NodeVersions(mesh: MeshVersion.spoken, rules: RoomStateMachine.supportedRules)
}
