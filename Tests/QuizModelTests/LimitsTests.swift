import QuizModel
import Testing

/// Limits that only make sense together.
@Suite struct LimitsTests {
    @Test func `points add up to what an answer can give`() {
        #expect(Limits.accuracyPoints + Limits.speedPointsMax + Limits.streakBonusMax == Limits.pointsPerAnswerMax)
        #expect(Limits.streakBonusMax % Limits.streakBonusStep == 0)
        #expect(Limits.accuracyPoints > Limits.speedPointsMax, "being right counts more than being fast")
    }

    @Test func `clocks leave room for one another`() {
        #expect(
            Limits.latencyCreditMaxMs <= Limits.answerGraceMs, "an answer that earns its full credit is still taken")
        #expect(Limits.latencyCreditMaxMs * 10 < Limits.answerWindowMs.lowerBound)
        #expect(Limits.savingAfterMs < 2_000, "players are told before the node's standing runs out")
    }

    @Test func `a room's backlog fits one batch, and a batch fits the node's`() {
        #expect(Limits.uncommittedInputsPerRoomMax <= Limits.rowsPerBatchMax)
        #expect(Limits.uncommittedInputsReservedForTimers < Limits.uncommittedInputsPerRoomMax)
        #expect(
            Limits.playersPerRoomMax <= Limits.uncommittedInputsPerRoomMax - Limits.uncommittedInputsReservedForTimers,
            "everybody may answer within one commit")
        #expect(Limits.bytesPerBatchMax < Limits.uncommittedBytesPerLaneMax)
        #expect(Limits.clientEventBytesMax < Limits.bytesPerBatchMax)
    }

    @Test func `the wire's bounds grow from event to connection`() {
        #expect(Limits.clientEventBytesMax < Limits.payloadBytesMax)
        #expect(Limits.clientEventBytesMax < Limits.outboundSoftBytesMax)
        #expect(Limits.outboundSoftBytesMax < Limits.outboundHardBytesMax)
        #expect(Limits.payloadBytesMax <= Limits.outboundHardBytesMax)
        #expect(Limits.eventsPerSecond <= Limits.eventsBurst)
    }

    @Test func `a full room knows the commands of every connection it admits`() {
        let connections = (Limits.playersPerRoomMax + Limits.displaysPerRoomMax) * Limits.sessionsPerPlayerMax
        #expect(Limits.sessionsRememberedPerRoomMax >= connections)
    }

    @Test func `chat on joining is at most a page`() {
        #expect(Limits.chatLinesOnJoin <= Limits.chatPageMax)
    }

    @Test func `a school behind one address and a restart fit through the doors`() {
        #expect(
            Limits.guestsPerAddressPerMinute >= 4 * Limits.playersPerRoomMax,
            "200 players behind one address come at once")
        #expect(Limits.lookUpsPerAddressPerMinute >= 4 * Limits.playersPerRoomMax)
        #expect(Limits.handshakesPerSecond * 10 >= 2_000, "2,000 clients come back within ten seconds")
    }

    @Test func `what crosses the mesh fits its frames, and a slow peer is told from a dead one`() {
        #expect(Limits.payloadBytesMax < Limits.meshFrameBytesMax, "a polled request fits a frame")
        #expect(Limits.clientEventBytesMax < Limits.meshFrameBytesMax)
        #expect(Limits.meshFrameBytesMax <= Limits.meshBacklogBytesMax)
        #expect(Limits.meshCreditBytes <= Limits.meshBacklogBytesMax)
        #expect(Limits.meshHelloBytesMax < Limits.meshFrameBytesMax)
        #expect(2 * Limits.meshKeepAliveMs < Limits.meshSilenceMs, "one lost second does not cost a link")
        #expect(Limits.meshBackoffMs.upperBound < Limits.meshSilenceMs)
        #expect(Limits.meshSilenceMs <= Limits.meshHelloMs)
    }

    @Test func `ranges start where something is left to play`() {
        #expect(Limits.questionsPerGame.lowerBound >= 1)
        #expect(Limits.choicesPerQuestion.lowerBound >= 2)
        #expect(Limits.answerWindowMs.lowerBound >= 1_000)
        #expect(Limits.playersPerRoomMax >= 1 && Limits.sessionsPerPlayerMax >= 1)
    }
}
