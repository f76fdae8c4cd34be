package import NIOCore
internal import QuizTelemetry

/// What rooms leave out while their node is overloaded.
package struct RoomStrain: Hashable, Sendable {
    /// Players without a seat are turned away. Members, and the first to come to a room, are let in.
    package var refusesJoins: Bool
    /// How long progress is held back before it is sent, milliseconds.
    package var progressEveryMs: Int64

    package init(refusesJoins: Bool, progressEveryMs: Int64) {
        self.refusesJoins = refusesJoins
        self.progressEveryMs = progressEveryMs
    }

    /// Progress is to be shown before it is 50 ms old; what is left is for the loop to come to it and for the way.
    package static let none = RoomStrain(refusesJoins: false, progressEveryMs: 45)
    /// Half a second: what a person still takes for live.
    package static let coarseProgressEveryMs: Int64 = 500
}

extension RoomHost {
    /// What the node's rooms leave out from now on.
    package func strain(_ strain: RoomStrain) {
        for loop in loops { loop.eventLoop.execute { loop.strain = strain } }
    }

    /// How late the latest timer of an event loop was since this was last asked, or this question itself if that is more; and the rows
    /// that wait for their commit.
    package func takeStress() async -> (lag: TimeAmount, backlogRows: Int) {
        var lag = TimeAmount.zero
        for loop in loops {
            let asked = NIODeadline.now()
            // A loop that has been shut down has no lag any more.
            let worst = (try? await loop.eventLoop.submit { loop.takeLag() }.get()) ?? .zero
            lag = max(lag, worst, NIODeadline.now() - asked)
        }
        var rows = 0
        for lane in lanes { rows += (try? await lane.loop.submit { lane.backlogRows }.get()) ?? 0 }  // as above
        return (lag, rows)
    }
}
