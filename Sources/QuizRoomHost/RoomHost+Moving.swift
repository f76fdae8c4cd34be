internal import NIOConcurrencyHelpers
package import NIOCore
package import QuizModel
package import QuizShards

/// Shards that are given away, and those that stay after all.
extension RoomHost {
    /// The term under which this node answers for a shard; nil: it does not.
    package func term(of shard: ShardID) -> Term? { registry.withLockedValue { $0.shards.answered[shard] } }

    package var terms: [Term] { answered.values }

    /// The terms under which this node answers.
    package var answered: ShardTerms { registry.withLockedValue { $0.shards.answered } }

    /// Stops the rooms of shards that are to be given away: their clocks stand still, they take nothing more, and what they took is committed.
    /// Commands that come meanwhile get no answer; their gateways send them again to whoever owns the room next.
    ///
    /// - Returns: the rooms' heads when everything is committed; nil: it took longer than `limit`. Call `resume` or `release` in any case.
    package func suspend(_ shards: Set<ShardID>, limit: TimeAmount) async -> [RoomID: JournalHead]? {
        let rooms = rooms(in: shards)
        guard let loop = loops.first?.eventLoop else { return [:] }
        let all = rooms.map { room in
            let promise = room.loop.makePromise(of: (RoomID, JournalHead)?.self)
            room.run { $0.suspend { head in promise.succeed(head.map { (room.id, $0) }) } }
            room.loop.scheduleTask(in: limit) { promise.succeed(nil) }
            return promise.futureResult
        }
        // Promises are only ever fulfilled.
        let heads = (try? await EventLoopFuture.whenAllSucceed(all, on: loop).get()) ?? []
        var found: [RoomID: JournalHead] = [:]
        for case (let room, let head)? in heads { found[room] = head }
        return found.count == rooms.count ? found : nil
    }

    /// The shards stay: their rooms go on, under these terms. What was dropped meanwhile is not answered for: adopt it.
    package func resume(_ terms: [Term]) {
        let kept = registry.withLockedValue { $0.shards.renew(terms) }
        let byShard = Dictionary(kept.map { ($0.shard, $0) }, uniquingKeysWith: { first, _ in first })
        for room in rooms(in: Set(byShard.keys)) {
            guard let term = byShard[ShardID(of: room.code)] else { continue }
            room.run { $0.resume(under: term) }
        }
    }

    /// The shards have another owner now: their rooms leave this node, and sessions look for them there.
    ///
    /// - Parameter terms: those that are over; a shard that is back under a newer one stays.
    package func release(_ terms: [Term]) {
        let gone = registry.withLockedValue { registry in terms.filter { registry.shards.lose($0) } }
        for term in gone { dropRooms(of: term.shard) }
    }

    private func rooms(in shards: Set<ShardID>) -> [RoomActor] {
        registry.withLockedValue { registry in
            registry.rooms.values.filter { shards.contains(ShardID(of: $0.code)) }
        }
    }
}
