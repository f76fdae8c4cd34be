import NIOCore
import NIOPosix
import NIOSSL
import QuizTelemetry
import Synchronization

/// Connections: how they are made, prove themselves, are asked for the map, and end.
extension RedisClientCore {
    func connect(_ server: RedisServer) {
        let core = NIOLoopBound(self, eventLoop: loop)
        let (tls, replyBytesMax, shared) = (tls, configuration.replyBytesMax, shared)
        ClientBootstrap(group: loop)
            .connectTimeout(TimeAmount(configuration.connectTimeout))
            .channelOption(ChannelOptions.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let tls {
                        // An address is no server name; the certificate is then compared with the address itself.
                        let name = server.address.host.isAddress ? nil : server.address.host
                        try pipeline.addHandler(NIOSSLClientHandler(context: tls, serverHostname: name))
                    }
                    try pipeline.addHandlers(
                        HiredisDecoder(replyBytesMax: replyBytesMax),
                        RedisConnection { shared.pending.wrappingSubtract(1, ordering: .relaxed) })
                }
            }
            .connect(host: server.address.host, port: server.address.port)
            .flatMapThrowing { channel in
                core.value.connected(server, try channel.pipeline.syncOperations.handler(type: RedisConnection.self))
            }
            .whenFailure { error in
                core.value.lost(server, nil, RedisFailure(.connectionLost, String(describing: error)))
            }
    }

    private func connected(_ server: RedisServer, _ connection: RedisConnection) {
        // Given up meanwhile.
        guard !isClosed, routes.isKnown(server), connections[server] == nil else {
            return connection.close(RedisFailure(.closed))
        }
        connections[server] = connection
        connection.onReply = { [shared] time in
            shared.commands.increment()
            shared.seconds.observe(Double(time.nanoseconds) / 1e9)
        }
        connection.onError = { [weak self] request, text in
            self?.complained(text, about: request, by: server) ?? false
        }
        connection.onClose = { [weak self, unowned connection] failure in self?.lost(server, connection, failure) }
        let core = NIOLoopBound(self, eventLoop: loop)
        let bound = NIOLoopBound(connection, eventLoop: loop)
        let now = NIODeadline.now()
        let proof = RedisProof(configuration, server.role)
        for (index, arguments) in proof.commands.enumerated() {
            let isLast = index == proof.commands.count - 1
            connection.send(
                own(arguments) { result in core.value.proved(server, bound.value, proof, result, isLast: isLast) },
                now: now)
        }
        sweepLater()
    }

    private func proved(
        _ server: RedisServer, _ connection: RedisConnection, _ proof: RedisProof,
        _ result: Result<RedisReply, RedisFailure>, isLast: Bool
    ) {
        guard connections[server] === connection else { return }
        switch result {
        case .failure(let failure): connection.close(failure)
        case .success(let reply) where isLast:
            if let fault = proof.fault(in: reply) { return connection.close(RedisFailure(.server, fault)) }
            if server.role == .data { shared.connects.increment() }
            perform(routes.ready(server))
        case .success: break
        }
    }

    /// - Parameter connection: nil: there has not been any.
    private func lost(_ server: RedisServer, _ connection: RedisConnection?, _ failure: RedisFailure) {
        // Somebody who was let go, or has a younger connection.
        guard connections[server] === connection, !isClosed else { return }
        connections[server] = nil
        let actions = routes.lost(server, at: .now())
        complain(of: server, failure)
        perform(actions)
    }

    // MARK: The map

    func ask(_ server: RedisServer) {
        guard let connection = connections[server] else { return }
        let core = NIOLoopBound(self, eventLoop: loop)
        let now = NIODeadline.now()
        switch configuration.endpoint.kind {
        case .server: return
        case .sentinel(let master):
            let questions = SentinelReport.questions(about: master)
            let answers = NIOLoopBoundBox<[RedisReply]>([], eventLoop: loop)
            for question in questions {
                connection.send(
                    own(question) { result in
                        guard case .success(let reply) = result else { return core.value.refused(server, result) }
                        answers.value.append(reply)
                        guard answers.value.count == questions.count else { return }
                        guard let report = SentinelReport(answers.value) else {
                            return core.value.refused(server, .success(.null))
                        }
                        core.value.perform(core.value.routes.told(report, by: server, at: .now()))
                    }, now: now)
            }
        case .cluster:
            connection.send(
                own(["CLUSTER", "SLOTS"]) { result in
                    guard case .success(let reply) = result, let map = RedisSlotMap(reply, from: server.address) else {
                        return core.value.refused(server, result)
                    }
                    core.value.perform(core.value.routes.told(map, by: server, at: .now()))
                }, now: now)
        }
        sweepLater()
    }

    private func refused(_ server: RedisServer, _ result: Result<RedisReply, RedisFailure>) {
        let actions = routes.refused(server, at: .now())
        switch result {
        case .failure(let failure): complain(of: server, failure)
        case .success: complain(of: server, RedisFailure(.server, "It knows no master."))
        }
        perform(actions)
    }
}

extension String {
    /// Whether this is an IP address rather than a name.
    fileprivate var isAddress: Bool { (try? SocketAddress(ipAddress: self, port: 0)) != nil }
}
