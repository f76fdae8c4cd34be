/// The bounds of the product that concern more than one part. Tests assert how they relate; each line says what happens at the limit.
package enum Limits {
    // MARK: Rooms

    /// Players a room seats; the next one is refused with `room_full`.
    package static let playersPerRoomMax = 50
    /// Displays (projectors, spectating hosts) a room admits; the next one is refused with `room_full`.
    package static let displaysPerRoomMax = 5
    /// Questions in a game; settings outside are refused.
    package static let questionsPerGame: ClosedRange<Int> = 1...50
    /// Milliseconds a question may stay open; settings outside are refused.
    package static let answerWindowMs: ClosedRange<Int> = 5_000...120_000
    /// Choices a question shows.
    package static let choicesPerQuestion: ClosedRange<Int> = 2...6
    /// Rooms a node hosts; creating another is refused with `busy`.
    package static let roomsPerNodeMax = 5_000
    /// Kicked players a room remembers; the oldest one is forgotten.
    package static let kickedPerRoomMax = 500
    /// Players one game counts, those who have left included; somebody new is refused with `room_full`.
    package static let participantsPerGameMax = 250
    /// Bytes of UTF-8 in a room's title; settings beyond are refused.
    package static let titleBytesMax = 1_024
    /// Bytes of text in all questions of a game; a start with more is refused.
    package static let gameContentBytesMax = 256 << 10
    /// Sessions of one player in one room; the oldest is closed.
    package static let sessionsPerPlayerMax = 4
    /// Sessions whose newest command a room knows again; the one heard longest ago is forgotten.
    package static let sessionsRememberedPerRoomMax = 256

    // MARK: Points

    package static let accuracyPoints = 600
    package static let speedPointsMax = 400
    /// Per question, accuracy + speed + streak bonus.
    package static let pointsPerAnswerMax = 1_100
    package static let streakBonusStep = 25
    package static let streakBonusMax = 100

    // MARK: Clocks

    /// Latency credit of an answer, at most; P9.
    package static let latencyCreditMaxMs = 150
    /// How long after the deadline answers that were under way are still taken.
    package static let answerGraceMs = 250

    // MARK: Journal

    /// Inputs a room may hold uncommitted; then `busy`.
    package static let uncommittedInputsPerRoomMax = 256
    /// Of these, kept free for timers, so that a flood of answers cannot stop a room's clock.
    package static let uncommittedInputsReservedForTimers = 16
    /// Bytes of uncommitted inputs the rooms of one journal lane may hold; then `busy`. A node has `postgres.lanes` of them.
    package static let uncommittedBytesPerLaneMax = 32 << 20
    package static let rowsPerBatchMax = 1_000
    package static let bytesPerBatchMax = 512 << 10
    /// Without a commit for this long a room says "saving…" and stops its clock.
    package static let savingAfterMs = 500
    /// Committed inputs between two snapshots of a room.
    package static let inputsPerSnapshot = 200
    /// Game events a room keeps for clients that come back; older ones mean `recovered: false`.
    package static let recoveryRingEventsMax = 512
    /// A session can be recovered for this long after its transport closed.
    package static let recoveryWindowMs = 120_000

    // MARK: Wire

    /// Engine.IO payload and message, bytes; larger ones close the connection.
    package static let payloadBytesMax = 1_000_000
    /// One event a client may send, bytes of JSON; a larger one closes the connection.
    package static let clientEventBytesMax = 16 << 10
    /// Bytes waiting for a slow reader: past the soft limit `now` events are skipped, past the hard one it is closed.
    package static let outboundSoftBytesMax = 64 << 10
    package static let outboundHardBytesMax = 1 << 20
    /// Milliseconds a stalled reader may keep bytes waiting before it is closed.
    package static let outboundStallMs = 20_000
    /// Commands of a session that wait for their answer; the next one is refused with `busy`.
    package static let unansweredCommandsMax = 32
    /// Events a session may send a second, and in a burst; more are refused with `rate_limited`.
    package static let eventsPerSecond = 20
    package static let eventsBurst = 60

    /// Milliseconds a redirect's ticket is good for; a later one is refused.
    package static let resumeTicketMs = 30_000
    /// Milliseconds another node's clock may be ahead, for tickets; a ticket from further ahead is refused.
    package static let ticketClockSkewMs = 30_000
    /// Tickets a node remembers as used, within the time they could be good for; one more is refused.
    package static let ticketsRememberedMax = 50_000
    /// Milliseconds over which clients of rooms that have moved are told to follow, so that they do not all come at once.
    package static let redirectSpreadMs = 1_000
    /// Milliseconds a node that stops waits for clients that were told to go.
    package static let farewellMs = 5_000

    // MARK: Chat

    package static let chatLinesOnJoin = 50
    package static let chatPageMax = 100
    /// Lines a player may send in ten seconds; more are refused with `rate_limited`.
    package static let chatLinesPerTenSeconds = 8

    // MARK: Mesh

    /// Bytes of one frame between nodes. A longer message is not sent; a longer frame that arrives closes the link.
    package static let meshFrameBytesMax = 4 << 20
    /// Bytes a link holds for a peer that reads too slowly; beyond, the link is closed and its sessions attach again.
    package static let meshBacklogBytesMax = 16 << 20
    /// Bytes a peer may send ahead of what has been consumed; a message begun without credit closes the link.
    package static let meshCreditBytes = 4 << 20
    /// Bytes a connection may send before it has proved whose it is; then it is closed.
    package static let meshHelloBytesMax = 1 << 10
    /// Connections to a node that have not proved whose they are; one more is closed at once.
    package static let meshHellosMax = 64
    /// Milliseconds a connection has to prove it; then it is closed.
    package static let meshHelloMs = 5_000
    /// Milliseconds between two pings on a link.
    package static let meshKeepAliveMs = 1_000
    /// Milliseconds without a byte after which a link is closed and made anew.
    package static let meshSilenceMs = 3_000
    /// Milliseconds until a broken link is dialled again: the first time, and at most.
    package static let meshBackoffMs: ClosedRange<Int> = 50...2_000

    // MARK: Doors

    /// Guests made from one address a minute; enough for a school behind one address.
    package static let guestsPerAddressPerMinute = 600
    /// Room codes looked up from one address a minute.
    package static let lookUpsPerAddressPerMinute = 600
    /// Lists of public rooms from one address a minute: home pages that are open look six times.
    package static let listsPerAddressPerMinute = 1_200
    /// Calls of the operators' API from one address a minute: four pages that look once a second; more are refused with `rate_limited`.
    package static let operatorCallsPerAddressPerMinute = 600
    /// Handshakes a node takes a second; more get 503 and `Retry-After`.
    package static let handshakesPerSecond = 400
}
