internal import NIOCore
internal import QuizRoom
internal import QuizShards

/// A room whose shard is being given to another node.
///
/// Normal path: `suspend`, everything is committed, the shard moves, `drop`. When the shard stays: `resume`. Between the two the room's time stands
/// still and it takes nothing: what clients send is not answered, and their gateways send it again to whoever owns the room next. Nothing
/// is applied that is not in the journal when the next owner reads it.
extension RoomActor {
    /// - Parameter done: called once, on the room's loop, with the head when everything is committed; nil when the room is dropped or resumed before.
    func suspend(_ done: @escaping @Sendable (JournalHead?) -> Void) {
        guard !dropped else { return done(nil) }
        // A damaged room moves as it is: its next owner finds the same.
        if !suspended {
            suspended = true
            clock.freeze(at: environment.loop.now())
            armTimer()
        }
        suspending?(nil)
        suspending = done
        concludeSuspension()
    }

    /// Called after each commit.
    func concludeSuspension() {
        guard let done = suspending, committed.number == applied.number || quarantined != nil else { return }
        suspending = nil
        done(committed)
    }

    func resume(under term: Term) {
        guard !dropped else { return }
        self.term = term
        suspending?(nil)
        suspending = nil
        guard suspended else { return }
        suspended = false
        if !saving { clock.thaw(at: environment.loop.now()) }
        submit(.clock(.activation))
        // Who came or went meanwhile was not noticed.
        reconcilePresence()
        // What they sent meanwhile was not answered: they attach again and send it again.
        let waiting = sessions + knocking
        sessions = []
        knocking = []
        for session in waiting { session.ended(.moved) }
        armTimer()
        release()
    }
}
