package import Logging

/// One readable line a record, for a terminal: `12:34:56.789 WARNING gateway: The message. key=value`.
package struct ConsoleLogHandler: LogHandler {
    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?

    private let label: String
    private let colour: Bool
    private let sink: any LogSink
    private let now: @Sendable () -> Int64

    /// - Parameters:
    ///   - colour: whether the level is written in colour; only for a terminal.
    ///   - now: milliseconds since 1970.
    package init(
        label: String, level: Logger.Level = .info, colour: Bool = false,
        sink: any LogSink = DescriptorLogSink.standardError, now: @escaping @Sendable () -> Int64 = LogTime.nowMs
    ) {
        self.label = label
        self.logLevel = level
        self.colour = colour
        self.sink = sink
        self.now = now
    }

    package subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var line = Array(LogTime.timeOfDay(milliseconds: now()).utf8)
        let name = event.level.rawValue.uppercased()
        let painted = colour ? "\u{1B}[\(event.level.colourCode)m\(name)\u{1B}[0m" : name
        line.append(contentsOf: " \(painted) ".utf8)
        LogText.appendPlain(label, to: &line)
        line.append(contentsOf: ": ".utf8)
        LogText.appendPlain(event.message.description, to: &line)
        for (key, value) in effectiveMetadata(of: event).sorted(by: { $0.key < $1.key }) {
            line.append(UInt8(ascii: " "))
            LogText.appendPlain(key, to: &line)
            line.append(UInt8(ascii: "="))
            let text = value.description
            if text.isEmpty || text.contains(where: { $0 == " " || $0 == "\"" || $0 == "=" }) {
                LogText.appendJSONString(text, to: &line)
            } else {
                LogText.appendPlain(text, to: &line)
            }
        }
        line.append(UInt8(ascii: "\n"))
        sink.write(line)
    }
}

extension Logger.Level {
    fileprivate var colourCode: Int {
        switch self {
        case .trace, .debug: 90
        case .info: 32
        case .notice: 36
        case .warning: 33
        case .error, .critical: 31
        }
    }
}
