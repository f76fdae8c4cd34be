/// Why a connection did not become a link; also the label in metrics and logs.
enum MeshRefusal: String, CaseIterable, Hashable, Sendable {
    // What one side tells the other.

    /// No version that both speak.
    case version
    /// Nodes of two clusters.
    case cluster
    /// The other side does not know the secret.
    case secret
    /// Another process answered than the one that was dialled: a restarted one, or one that got its port.
    case incarnation
    /// The right process with the wrong name.
    case name
    /// Whoever dials is not, or not yet, known as a peer.
    case unlisted
    /// The node with the higher incarnation dialled; that is for the other one to do.
    case direction
    /// A reason of a newer version.
    case other

    // What is never told.

    /// Too slow to prove whose it is.
    case deadline
    /// No frames, or frames out of turn.
    case malformed
    /// More bytes than anybody may send before a proof.
    case oversized
    /// TLS did not come about: no certificate, or one of another authority.
    case tls
    /// Too many connections that have proved nothing.
    case busy
    /// The connection ended.
    case lost
    /// This node is going down.
    case shutdown

    /// On the wire. The numbers never change their meaning.
    var number: UInt8 {
        switch self {
        case .version: 1
        case .cluster: 2
        case .secret: 3
        case .incarnation: 4
        case .name: 5
        case .unlisted: 6
        case .direction: 7
        case .other, .deadline, .malformed, .oversized, .tls, .busy, .lost, .shutdown: 0
        }
    }

    /// Every number means something, so that a newer peer's reason is no fault.
    init(number: UInt8) { self = Self.allCases.first { $0.number == number } ?? .other }
}

/// Why a link that was up is down; also the label in metrics and logs.
enum MeshClosing: String, CaseIterable, Hashable, Sendable {
    /// Nothing was heard for the silence limit.
    case silent
    /// The peer consumes too slowly and more was waiting for it than may.
    case backlog
    /// A frame longer than any may be.
    case oversized
    /// Bytes that mean nothing, or frames out of turn.
    case malformed
    /// A message for which there was no credit, or credit beyond measure.
    case credit
    /// A newer connection of the same peer took its place.
    case replaced
    /// The peer is no longer one.
    case unlisted
    /// The connection ended.
    case lost
    /// This node is going down.
    case shutdown
}
