import NIOCore
import QuizCluster
import QuizModel
import QuizRoomHost
import QuizShards
import QuizTestKit

/// Messages of every kind.
enum SampleMessages {
    static func checked<Value>(_ value: Value?) -> Value {
        guard let value else { preconditionFailure("The tests' own values are valid.") }
        return value
    }

    static let handle = SessionHandle(session: 0xFEDC_BA98_7654_3210, attachment: 300)
    static let owner = Incarnation(value: 0x0011_2233_4455_6677_8899_AABB_CCDD_EEFF)
    static let player = PlayerID(value: UInt128.max)
    static let room = RoomID(value: 7)
    static let code = checked(RoomCode("ABCDEF2"))
    static let term = Term(shard: checked(ShardID(index: 1_023)), epoch: Epoch(77), owner: owner)
    static let first = Term(shard: checked(ShardID(index: 0)), epoch: Epoch(0), owner: Incarnation(value: 0))
    static let chain = (0..<32).map { UInt8($0) }

    /// Every case, and every choice within it.
    static let fixed: [PeerMessage] = {
        let json = ByteBuffer(string: #"{"question":3,"choice":[1]}"#)
        let nickname = checked(Nickname("Zoë 🎉"))
        func attach(_ kind: SessionAttach.Kind, latencyMs: Int?) -> PeerMessage {
            .attach(
                SessionAttach(
                    handle: handle, code: code, player: player, nickname: nickname, kind: kind, ageMs: 12,
                    latencyMs: latencyMs))
        }
        func attached(_ verdict: SessionAttached.Verdict, _ room: RoomID?) -> PeerMessage {
            .attached(SessionAttached(handle: handle, room: room, verdict: verdict))
        }
        let pairs = [PolledRequest.Pair(name: "content-type", value: "text/plain"), .init(name: "", value: "é")]
        let ends: [SessionEnd] = [.left, .kicked, .roomClosed, .surplus, .moved]
        let heads = [
            HandOffFinal.Room(room: room, head: JournalHead(number: Int64.max, chain: chain)),
            HandOffFinal.Room(room: RoomID(value: 0), head: JournalHead(number: 0, chain: chain.reversed())),
        ]
        return [
            attach(.join(json: json, ack: 5, number: 1), latencyMs: 40),
            attach(.join(json: ByteBuffer(), ack: nil, number: UInt32.max), latencyMs: nil),
            attach(.resume(offset: "7.12.0123abcd", baseline: 3), latencyMs: 0),
            .command(
                SessionCommand(
                    handle: handle, number: 9, ack: Int.max, name: "game:answer", json: json, ageMs: 0, latencyMs: 150)
            ),
            .command(
                SessionCommand(
                    handle: handle, number: 0, ack: nil, name: "", json: ByteBuffer(), ageMs: 1, latencyMs: nil)),
            .detach(SessionDetach(handle: handle)),
            .chat(SessionChat(handle: handle, ack: 1, json: json)),
            .event(
                SessionsEvent(
                    sessions: [handle, SessionHandle(session: 1, attachment: 1)], name: "game:question", json: json,
                    offset: "7.13.0123abcd", conflation: nil)),
            .event(SessionsEvent(sessions: [], name: "x", json: json, offset: "", conflation: Int.min)),
            .event(SessionsEvent(sessions: [handle], name: "x", json: json, offset: "", conflation: Int.max)),
            .reply(SessionReply(handle: handle, ack: 0, json: json)),
            attached(.recovered, room), attached(.fresh(baseline: 4_000), room), attached(.notMember, nil),
            attached(.notFound, nil), attached(.quarantined, room),
        ] + ends.map { .ended(SessionEnded(handle: handle, reason: $0)) } + [
            .measure(SessionMeasure(sessions: [handle])), .measure(SessionMeasure(sessions: [])),
            .measure(SessionMeasure(sessions: [handle], latencyMs: 40)),
            .prepare(HandOffPrepare(number: 7, terms: [first, term], rules: 1, rooms: 5_000)),
            .prepared(HandOffPrepared(number: .max, isAccepted: true)),
            .prepared(HandOffPrepared(number: 0, isAccepted: false)),
        ] + MoveReason.allCases.map { .final(HandOffFinal(number: 7, terms: [term], reason: $0, rooms: heads)) } + [
            .final(HandOffFinal(number: 7, terms: [], reason: .asked, rooms: [])),
            .finished(HandOffFinished(number: 7, now: [first, term])), .finished(HandOffFinished(number: 7, now: [])),
            .owns(ShardClaims(terms: [first, term])), .notMine(ShardClaims(terms: [term])),
            .ask(PeerCall(number: UInt64.max, question: .room(code))),
            .ask(PeerCall(number: 0, question: .publicRooms)),
            .ask(PeerCall(number: 1, question: .create(json: json, player: player))),
            .ask(
                PeerCall(
                    number: 2,
                    question: .poll(
                        PolledRequest(
                            method: "POST", uri: "/socket.io/?sid=x", headers: pairs, body: json,
                            remoteAddress: "2001:db8::1")))),
            .ask(PeerCall(number: 3, question: .status)),
            .answer(PeerAnswer(number: 4, status: 404, body: ByteBuffer())),
            .answer(PeerAnswer(number: 5, status: 200, headers: pairs, body: json)),
        ]
    }()

    // MARK: By chance

    static func random(using generator: inout SeededGenerator) -> PeerMessage {
        func number(_ max: Int = .max) -> Int {
            Int.random(in: 0...(1 << Int.random(in: 0...62, using: &generator)), using: &generator) % max
        }
        func maybe<Value>(_ value: Value) -> Value? { generator.chance(50) ? value : nil }
        func payload() -> ByteBuffer {
            let bytes = generator.chance(5) ? number(60_000) : number(200)
            return ByteBuffer(bytes: (0..<bytes).map { _ in UInt8.random(in: 0...255, using: &generator) })
        }
        func text() -> String {
            let letters = ["a", "é", "→", "🎉", "\u{0}", " "]
            return (0..<number(30)).map { _ in letters[number(letters.count)] }.joined()
        }
        func handle() -> SessionHandle {
            SessionHandle(
                session: generator.next(),
                attachment: UInt32(truncatingIfNeeded: generator.next() >> UInt64(number(40))))
        }
        func handles() -> [SessionHandle] { (0..<number(60)).map { _ in handle() } }
        func term() -> Term {
            Term(
                shard: checked(ShardID(index: number(ShardID.count))), epoch: Epoch(Int64(number())),
                owner: .random(using: &generator))
        }
        func terms() -> [Term] { (0..<number(40)).map { _ in term() } }
        func pairs() -> [PolledRequest.Pair] { (0..<number(12)).map { _ in .init(name: text(), value: text()) } }
        let age = number(1 << 31)
        switch Int.random(in: 0..<12, using: &generator) {
        case 0:
            let kind: SessionAttach.Kind =
                generator.chance(50)
                ? .join(json: payload(), ack: maybe(number()), number: UInt32(number(1 << 32)))
                : .resume(offset: text(), baseline: number())
            return .attach(
                SessionAttach(
                    handle: handle(), code: .random(using: &generator), player: .random(using: &generator),
                    nickname: checked(Nickname("n\(number())")), kind: kind, ageMs: age, latencyMs: maybe(age)))
        case 1:
            return .command(
                SessionCommand(
                    handle: handle(), number: UInt32(number(1 << 32)), ack: maybe(number()), name: text(),
                    json: payload(), ageMs: age, latencyMs: maybe(age)))
        case 2: return .chat(SessionChat(handle: handle(), ack: number(), json: payload()))
        case 3:
            let sign = generator.chance(50) ? 1 : -1
            return .event(
                SessionsEvent(
                    sessions: handles(), name: text(), json: payload(), offset: text(),
                    conflation: maybe(sign * number())))
        case 4: return .reply(SessionReply(handle: handle(), ack: number(), json: payload()))
        case 5: return .measure(SessionMeasure(sessions: handles()))
        case 6:
            return .attached(
                SessionAttached(
                    handle: handle(), room: maybe(.random(using: &generator)), verdict: .fresh(baseline: number())))
        case 7:
            return .prepare(
                HandOffPrepare(
                    number: generator.next(), terms: terms(), rules: number(), rooms: number()))
        case 8:
            let rooms = (0..<number(20)).map { _ in
                HandOffFinal.Room(
                    room: .random(using: &generator), head: JournalHead(number: Int64(number()), chain: chain))
            }
            return .final(HandOffFinal(number: generator.next(), terms: terms(), reason: .asked, rooms: rooms))
        case 9:
            return generator.chance(50)
                ? .owns(ShardClaims(terms: terms()))
                : .finished(HandOffFinished(number: generator.next(), now: terms()))
        case 10:
            return .ask(
                PeerCall(
                    number: generator.next(),
                    question: .poll(
                        PolledRequest(
                            method: "GET", uri: text(), headers: pairs(), body: payload(), remoteAddress: "::1"))))
        default:
            return .answer(
                PeerAnswer(
                    number: generator.next(), status: Int.random(in: 100...999, using: &generator), headers: pairs(),
                    body: payload()))
        }
    }
}
