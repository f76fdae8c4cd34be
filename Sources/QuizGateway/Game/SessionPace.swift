internal import QuizModel

/// How fast a session may ask; what comes faster is refused with `rate_limited`.
package struct SessionPace: Sendable {
    /// Commands a second.
    package var eventsPerSecond = Limits.eventsPerSecond
    /// Lines of chat in ten seconds, and at once.
    package var chatLinesPerTenSeconds = Limits.chatLinesPerTenSeconds

    package init() {}

    /// Commands at once: as many seconds' worth as by default.
    var eventsBurst: Int { eventsPerSecond * Limits.eventsBurst / Limits.eventsPerSecond }
}
