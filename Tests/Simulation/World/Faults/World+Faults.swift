internal import QuizCluster
internal import QuizModel
internal import QuizShards
internal import QuizSimulatedDatabase

extension World {
    /// - Parameter done: called once, when it is over.
    func inflict(_ fault: Fault, done: @escaping @Sendable () -> Void) {
        let (mesh, redis, database) = (services.mesh, services.redis, services.database)
        switch fault {
        case .crash(let index, let isSilent, let downMs):
            nodes[index].die(isSilent: isSilent)
            after(downMs) {
                self.replace(index)
                done()
            }
        case .stop(let index, let ms):
            let node = nodes[index]
            node.stop()
            after(ms) {
                node.goOn()
                done()
            }
        case .partition(let index, let other, let isOneWay, let ms):
            let (one, two) = (nodes[index].incarnation, nodes[other].incarnation)
            mesh.block(one, two)
            if !isOneWay { mesh.block(two, one) }
            after(ms) {
                mesh.unblock(one, two)
                mesh.unblock(two, one)
                done()
            }
        case .breakLink(let index, let other):
            mesh.breakLink(nodes[index].incarnation, nodes[other].incarnation)
            done()
        case .slowLinks(let index, let byMs, let ms):
            let node = nodes[index].incarnation
            mesh.setSlowness(node, ms: byMs)
            after(ms) {
                mesh.setSlowness(node, ms: 0)
                done()
            }
        case .cutFromRedis(let index, let isDeaf, let ms):
            let name = nodes[index].name
            if isDeaf { redis.deaf.insert(name) } else { redis.cutOff.insert(name) }
            after(ms) {
                redis.deaf.remove(name)
                redis.cutOff.remove(name)
                done()
            }
        case .cutFromDatabase(let index, let isDeaf, let ms):
            let name = nodes[index].name
            database.server.cut(name, isDeaf ? .toClient : .both)
            after(ms) {
                database.server.heal(name)
                done()
            }
        case .redisForgets:
            redis.forget()
            done()
        case .redisLosesSeconds:
            redis.loseLastSeconds()
            done()
        case .redisAway(let ms):
            redis.isAway = true
            after(ms) {
                redis.isAway = false
                done()
            }
        case .databaseStalls(let ms):
            database.server.stall()
            after(ms) {
                database.server.resume()
                done()
            }
        case .databaseRestarts(let downMs):
            database.server.restart(downMs: downMs)
            after(downMs, done)
        case .databaseFailsOver(let downMs):
            database.server.failOver(downMs: downMs)
            after(downMs, done)
        case .standbyAway(let ms):
            database.server.setStandby(isThere: false)
            after(ms) {
                database.server.setStandby(isThere: true)
                done()
            }
        case .diskFull(let ms):
            database.server.setDisk(isFull: true)
            after(ms) {
                database.server.setDisk(isFull: false)
                done()
            }
        case .backendEnds:
            database.server.endBackend()
            done()
        case .commitCancelled:
            database.server.cancelCommit()
            done()
        case .roomRefused:
            if let doomed = rooms.first(where: \.isDoomed)?.id { database.server.refuse(doomed) }
            done()
        case .wallClockJumps(let index, let seconds):
            nodes[index].process.wallOffsetNs += Int64(seconds) * 1_000_000_000
            done()
        case .clientDrops(let index):
            clients[index].drop()
            done()
        case .drain(let index, let ms):
            let name = nodes[index].name
            database.operate(.drain(node: name))
            after(ms) {
                database.operate(.undrain(node: name))
                done()
            }
        case .pin(let index, let node):
            if let code = rooms[index].code { database.operate(.pin(ShardID(of: code), node: nodes[node].name)) }
            done()
        case .rebalance:
            database.operate(.rebalance)
            done()
        case .restart(let index): restart(index, then: done)
        case .rollingRestart: roll(from: 0, then: done)
        }
    }

    private func after(_ ms: Int, _ body: @escaping @Sendable () -> Void) {
        simulator.after(ms: Int64(ms), body)
    }

    /// SIGTERM, and a new process when the old one has gone; or soon, when it does not go.
    private func restart(_ index: Int, then done: @escaping @Sendable () -> Void) {
        let node = nodes[index]
        guard node.isOpen else { return done() }
        node.terminate()
        waitForEnd(of: node, index, leftMs: 40_000, then: done)
    }

    private func waitForEnd(
        of node: SimulatedNode, _ index: Int, leftMs: Int, then done: @escaping @Sendable () -> Void
    ) {
        after(200) {
            guard node.process.isAlive else {
                self.replace(index)
                return done()
            }
            if leftMs <= 0 { node.die(isSilent: false) }
            self.waitForEnd(of: node, index, leftMs: leftMs - 200, then: done)
        }
    }

    /// One node after the other.
    private func roll(from index: Int, then done: @escaping @Sendable () -> Void) {
        guard index < nodes.count else { return done() }
        restart(index) { self.after(1_500) { self.roll(from: index + 1, then: done) } }
    }
}
