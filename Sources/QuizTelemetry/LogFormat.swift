package import Logging

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// How a process writes its log.
package enum LogFormat: String, Sendable, CaseIterable {
    /// JSON lines on standard output, for collectors.
    case json
    /// Readable lines on standard error, for people.
    case console

    package func handler(label: String, level: Logger.Level) -> any LogHandler {
        switch self {
        case .json: JSONLogHandler(label: label, level: level)
        case .console: ConsoleLogHandler(label: label, level: level, colour: isatty(2) == 1)
        }
    }

    /// Makes every `Logger` of the process write in this format. Call once, before the first logger is made.
    package func bootstrap(level: Logger.Level) {
        LoggingSystem.bootstrap { handler(label: $0, level: level) }
    }
}
