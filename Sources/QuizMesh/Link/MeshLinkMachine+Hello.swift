import NIOCore
import QuizCluster
import QuizModel

/// Who the other side is; the order of the checks is the order of the essay in `MeshLinkMachine`.
extension MeshLinkMachine {
    mutating func greeted(
        _ theirs: MeshHello, deadline: NIODeadline, listed: (Incarnation) -> String?
    ) -> [Action] {
        guard theirs.cluster == settings.cluster else { return tell(.cluster, "the cluster \(theirs.cluster)") }
        if let stranger = strangeness(theirs, listed: listed) { return tell(stranger.reason, stranger.context) }
        guard let version = hello.common(with: theirs) else {
            return tell(
                .version,
                "here \(Self.text(settings.versions)) are spoken, there \(Self.text(theirs.versions))")
        }
        switch role {
        case .dialer:
            let transcript = MeshTranscript(dialer: hello, acceptor: theirs, version: version)
            state = .proving(deadline: deadline, transcript: transcript)
            return [.write(.proof(transcript.proof(of: .dialer, by: settings.secrets[0])))]
        case .acceptor:
            let transcript = MeshTranscript(dialer: theirs, acceptor: hello, version: version)
            state = .proving(deadline: deadline, transcript: transcript)
            return [.write(.hello(hello))]
        }
    }

    mutating func proved(
        _ proof: [UInt8], _ transcript: MeshTranscript, now: NIODeadline, listed: (Incarnation) -> String?
    ) -> [Action] {
        let other: MeshRole = role == .dialer ? .acceptor : .dialer
        guard let secret = settings.secrets.first(where: { transcript.isProof(proof, of: other, by: $0) }) else {
            return role == .acceptor ? tell(.secret, "a wrong proof") : refuse(.secret, "a wrong proof")
        }
        let theirs = role == .dialer ? transcript.acceptor : transcript.dialer
        // The peers may have changed since its hello.
        if let stranger = strangeness(theirs, listed: listed) { return tell(stranger.reason, stranger.context) }
        let peer = Peer(incarnation: theirs.incarnation, name: theirs.name, version: transcript.version)
        var link = MeshOpenLink(
            allowance: settings.creditBytes, isNewer: theirs.versions.upperBound > settings.versions.upperBound,
            openedAt: now)
        let ping = link.ping(now: now, interval: settings.keepAliveInterval)
        state = .open(link)
        var actions: [Action] = []
        if role == .acceptor { actions.append(.write(.proof(transcript.proof(of: .acceptor, by: secret)))) }
        return actions + [
            .opened(peer), .write(.credit(UInt32(settings.creditBytes))), .write(.ping(ping)),
        ]
    }

    /// Whether this is somebody else than may be there.
    private func strangeness(
        _ theirs: MeshHello, listed: (Incarnation) -> String?
    ) -> (reason: MeshRefusal, context: String)? {
        if let expected {
            guard theirs.incarnation == expected.incarnation else {
                return (.incarnation, "dialled \(expected.incarnation), answered by \(theirs.incarnation)")
            }
            guard theirs.name == expected.name else {
                return (.name, "dialled \(expected.name), answered by \(theirs.name)")
            }
            return nil
        }
        guard theirs.incarnation < settings.incarnation else {
            return (.direction, "dialled by \(theirs.incarnation)")
        }
        guard let name = listed(theirs.incarnation) else { return (.unlisted, "dialled by \(theirs.incarnation)") }
        guard theirs.name == name else { return (.name, "known as \(name), calls itself \(theirs.name)") }
        return nil
    }

    private static func text(_ versions: ClosedRange<UInt8>) -> String {
        "\(versions.lowerBound) to \(versions.upperBound)"
    }
}
