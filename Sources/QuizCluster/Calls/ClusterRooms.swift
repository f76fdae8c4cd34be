internal import NIOCore
package import QuizModel
package import QuizRoomHost
internal import QuizShards
internal import QuizTelemetry
internal import QuizWire

/// The rooms of the whole cluster: made where there is place, found wherever they are.
package struct ClusterRooms: Sendable {
    private let router: RoomRouter
    private let calls: PeerCalls
    private let load: NodeLoad
    private let metrics: RoomMetrics

    package init(router: RoomRouter, calls: PeerCalls, load: NodeLoad, metrics: RoomMetrics) {
        self.router = router
        self.calls = calls
        self.load = load
        self.metrics = metrics
    }

    /// Makes a room here; at a peer when this node has no shards, as while it is being drained, or is overloaded.
    ///
    /// - Throws: `busy` when no node takes rooms, `overloaded` when that is why.
    package func create(_ command: CreateRoomCommand, by player: PlayerID) async throws(Rejection) -> RoomCreatedAck {
        let isShedding = load.level >= .refusesRooms
        if !isShedding, !router.host.terms.isEmpty { return try await router.host.create(command, by: player) }
        guard let json = try? WireJSON.buffer(command) else { throw Rejection(.invalid) }  // it came as JSON
        for peer in load.takers(among: router.transport.linked) {
            guard let answer = await calls.ask(.create(json: json, player: player), of: peer, limit: .seconds(5)) else {
                continue
            }
            if let made = try? WireJSON.decode(RoomCreatedAck.self, from: answer.body), answer.status == 200 {
                if isShedding { metrics.shed[.passedRooms].increment() }
                return made
            }
        }
        guard isShedding else { throw Rejection(.busy) }
        metrics.shed[.rooms].increment()
        throw Rejection(.overloaded)
    }

    /// - Returns: nil when there is no such room, or nobody who owns it answers.
    package func find(_ code: RoomCode) async -> RoomSummary? {
        switch router.locate(code) {
        case .here(let room): return await room.summary()
        case .quarantined, .nowhere, .unknown: return nil
        case .elsewhere(let owner):
            guard let answer = await calls.ask(.room(code), of: owner), answer.status == 200 else { return nil }
            return try? WireJSON.decode(RoomSummary.self, from: answer.body)  // a peer's own encoding
        }
    }

    /// Whose the room of this code is, or would be; nil: nobody is known.
    package func owner(of code: RoomCode) -> Incarnation? {
        switch router.locate(code) {
        case .here, .nowhere, .quarantined: router.own
        case .elsewhere(let owner): owner
        case .unknown: nil
        }
    }

    /// Public rooms of all nodes that answer soon.
    package func publicRooms() async -> [RoomSummary] {
        await withTaskGroup(of: [RoomSummary].self) { group in
            group.addTask { await publicRoomsHere() }
            for peer in router.transport.linked {
                group.addTask { [calls] in
                    guard let answer = await calls.ask(.publicRooms, of: peer, limit: .milliseconds(500)) else {
                        return []
                    }
                    return (try? WireJSON.decode([RoomSummary].self, from: answer.body)) ?? []  // a peer's own encoding
                }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
    }

    private func publicRoomsHere() async -> [RoomSummary] {
        var summaries: [RoomSummary] = []
        for room in router.host.rooms {
            let summary = await room.summary()
            if summary.visibility == .public { summaries.append(summary) }
        }
        return Array(summaries.prefix(500))
    }

    // MARK: - For peers

    /// Answers a peer's question about rooms; nil for other questions.
    func answer(_ question: PeerCall.Question) async -> (status: Int, body: ByteBuffer)? {
        switch question {
        case .room(let code):
            guard case .here(let room) = router.locate(code), let json = try? WireJSON.buffer(await room.summary())
            else {
                return (404, ByteBuffer())
            }
            return (200, json)
        case .publicRooms:
            guard let json = try? WireJSON.buffer(await publicRoomsHere()) else { return (404, ByteBuffer()) }
            return (200, json)
        case .create(let json, let player):
            return await create(json, by: player)
        case .poll, .status: return nil
        }
    }

    private func create(_ json: ByteBuffer, by player: PlayerID) async -> (status: Int, body: ByteBuffer) {
        // Never handed on once more: two draining nodes would play it to each other.
        guard load.level < .refusesRooms, let command = try? WireJSON.decode(CreateRoomCommand.self, from: json),
            !router.host.terms.isEmpty,
            let made = try? await router.host.create(command, by: player), let answer = try? WireJSON.buffer(made)
        else { return (503, ByteBuffer()) }
        return (200, answer)
    }
}
