import QuizModel
import QuizRoom

/// What a client makes of events: an older view plus the events since. The reference for the web client's store.
struct ClientView {
    private(set) var state: RoomStatePayload
    private var pausedAt: RoomInstant?
    private var until: RoomInstant?

    init(_ state: RoomStatePayload) {
        self.state = state
        until = state.game?.until
    }

    mutating func apply(_ effect: RoomEffect) {
        switch effect {
        case .game(let event):
            state.seq = event.seq
            apply(event)
            state.game?.until = state.paused == nil ? until : nil
        case .progress(let payload): state.game?.progress = payload
        case .presence(let payload): state.present = payload.present
        case .me, .removed, .finished, .closed: break
        }
    }

    private mutating func apply(_ event: GameEvent) {
        switch event {
        case .member(let payload):
            if let position = state.members.firstIndex(where: { $0.player == payload.member.player }) {
                state.members[position] = payload.member
            } else {
                state.members.append(payload.member)
            }
        case .left(let payload): state.members.removeAll { $0.player == payload.player }
        case .changed(let payload):
            state.settings = payload.settings
            state.locked = payload.locked
            state.host = payload.host
        case .closed:
            state.phase = .closed
            state.paused = nil
            state.game?.question = nil
            state.game?.progress = nil
            until = nil
        case .countdown(let payload):
            state.phase = .countdown
            until = payload.until
            state.game = GameView(
                game: payload.game, index: -1, of: payload.of, until: until, question: nil, reveal: nil,
                leaderboard: nil, over: nil, progress: nil)
        case .question(let payload):
            state.phase = .question
            state.game?.index = payload.index
            state.game?.question = payload
            state.game?.reveal = nil
            until = payload.closesAt
        case .locked(let payload):
            state.phase = .locked
            until = payload.at + Int64(Limits.answerGraceMs)
        case .reveal(let payload): reveal(payload)
        case .leaderboard(let payload):
            state.phase = .leaderboard
            state.game?.question = nil
            state.game?.leaderboard = payload
            until = payload.until
        case .over(let payload):
            state.phase = .podium
            state.game?.question = nil
            state.game?.over = payload
            until = nil
        case .paused(let payload):
            state.paused = payload.reason
            pausedAt = payload.at
        case .resumed(let payload): resume(payload)
        case .lobby: backToLobby()
        }
    }

    private mutating func reveal(_ payload: RevealPayload) {
        state.phase = .reveal
        state.game?.reveal = payload
        state.game?.progress = nil
        until = payload.until
        for result in payload.results {
            guard let position = state.members.firstIndex(where: { $0.player == result.player }) else { continue }
            state.members[position].score = result.score
        }
    }

    private mutating func resume(_ payload: ResumedPayload) {
        state.paused = nil
        until = payload.until
        guard let pausedAt, var question = state.game?.question else { return }
        question.opensAt = question.opensAt + (payload.at - pausedAt)
        question.closesAt = question.closesAt + (payload.at - pausedAt)
        state.game?.question = question
    }

    private mutating func backToLobby() {
        state.phase = .lobby
        for position in state.members.indices {
            state.members[position].ready = false
            state.members[position].score = 0
        }
        guard let game = state.game else { return }
        state.game = GameView(
            game: game.game, index: game.index, of: game.of, until: nil, question: nil, reveal: nil, leaderboard: nil,
            over: game.over, progress: nil)
    }
}
