internal import NIOCore
package import QuizModel

extension RoomHost {
    /// How many rooms are in each phase: one look at each event loop, not one at each room, which would be a hop there and back.
    package func phases() async -> [RoomPhase: Int] {
        var counts: [RoomPhase: Int] = [:]
        for rooms in Dictionary(grouping: rooms, by: { ObjectIdentifier($0.loop) }).values {
            guard let loop = rooms.first?.loop else { continue }
            let part = try? await loop.submit {
                rooms.reduce(into: [RoomPhase: Int]()) { $0[$1.assumeIsolated { $0.phase }, default: 0] += 1 }
            }.get()
            // A loop that has been shut down has no rooms any more.
            counts.merge(part ?? [:], uniquingKeysWith: +)
        }
        return counts
    }
}
