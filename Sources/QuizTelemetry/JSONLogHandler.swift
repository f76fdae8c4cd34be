package import Logging

/// One JSON object a line: `time`, `level`, `logger`, `message` and, where there is any, `metadata`. For production.
package struct JSONLogHandler: LogHandler {
    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?

    private let label: String
    private let sink: any LogSink
    private let now: @Sendable () -> Int64

    /// - Parameter now: milliseconds since 1970.
    package init(
        label: String, level: Logger.Level = .info, sink: any LogSink = DescriptorLogSink.standardOutput,
        now: @escaping @Sendable () -> Int64 = LogTime.nowMs
    ) {
        self.label = label
        self.logLevel = level
        self.sink = sink
        self.now = now
    }

    package subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var line: [UInt8] = []
        line.reserveCapacity(256)
        line.append(contentsOf: #"{"time":""#.utf8)
        line.append(contentsOf: LogTime.rfc3339(milliseconds: now()).utf8)
        line.append(contentsOf: #"","level":""#.utf8)
        line.append(contentsOf: event.level.rawValue.utf8)
        line.append(contentsOf: #"","logger":"#.utf8)
        LogText.appendJSONString(label, to: &line)
        line.append(contentsOf: #","message":"#.utf8)
        LogText.appendJSONString(event.message.description, to: &line)
        let all = effectiveMetadata(of: event)
        if !all.isEmpty {
            line.append(contentsOf: #","metadata":"#.utf8)
            LogText.appendJSONObject(all, to: &line)
        }
        line.append(contentsOf: "}\n".utf8)
        sink.write(line)
    }
}

extension LogHandler {
    /// The handler's, the provider's and the event's metadata; the nearer one wins. An attached error goes under
    /// `error`.
    func effectiveMetadata(of event: LogEvent) -> Logger.Metadata {
        var all = metadata
        if let provided = metadataProvider?.get() { all.merge(provided) { _, nearer in nearer } }
        if let own = event.metadata { all.merge(own) { _, nearer in nearer } }
        if let error = event.error, all[.error] == nil { all[.error] = .error(error) }
        return all
    }
}
