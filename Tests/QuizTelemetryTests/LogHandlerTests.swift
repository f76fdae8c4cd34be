import Foundation
import Logging
import NIOConcurrencyHelpers
import QuizTelemetry
import Testing

@Suite struct LogHandlerTests {
    private final class Lines: LogSink {
        private let lines = NIOLockedValueBox<[String]>([])
        func write(_ line: [UInt8]) { lines.withLockedValue { $0.append(String(decoding: line, as: UTF8.self)) } }
        var all: [String] { lines.withLockedValue { $0 } }
    }

    private struct Broken: Error, CustomStringConvertible {
        var description: String { "broken \"badly\"" }
    }

    private func json(_ label: String = "test", _ record: (inout Logger) -> Void) throws -> [String: Any] {
        let lines = Lines()
        var logger = Logger(label: label) {
            JSONLogHandler(label: $0, level: .trace, sink: lines, now: { 1_741_523_696_789 })
        }
        record(&logger)
        let line = try #require(lines.all.first)
        #expect(lines.all.count == 1)
        #expect(line.hasSuffix("\n") && line.dropLast().allSatisfy { !$0.isNewline })
        return try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }

    @Test func `a record is one JSON line with time, level, logger, message and metadata`() throws {
        let lines = Lines()
        let logger = Logger(label: "room") { JSONLogHandler(label: $0, sink: lines, now: { 1_741_523_696_789 }) }
        logger.warning(
            "The room waits.",
            metadata: .keys([.roomCode: "ABCDEFG", .count: .of(3), .durationMs: .milliseconds(.seconds(2))]))
        let expected = #"""
            {"time":"2025-03-09T12:34:56.789Z","level":"warning","logger":"room","message":"The room waits.",\#
            "metadata":{"count":3,"duration.ms":2000,"room.code":"ABCDEFG"}}

            """#
        #expect(lines.all == [expected])
    }

    @Test func `a record without metadata has no metadata member`() throws {
        let object = try json { $0.info("Ready.") }
        #expect(Set(object.keys) == ["time", "level", "logger", "message"])
    }

    @Test(arguments: [
        "quote \" backslash \\ slash /", "line\nfeed\r\ttab", "\u{0}\u{1}\u{1F}\u{7F}\u{85}", "\u{2028}\u{2029}",
        "Ω 名前 👩🏽‍🚀", "",
    ])
    func `any text survives the escaping`(text: String) throws {
        let object = try json { $0.info("\(text)", metadata: .keys([.reason: "\(text)"])) }
        #expect(object["message"] as? String == text)
        #expect((object["metadata"] as? [String: Any])?["reason"] as? String == text)
    }

    @Test func `nested metadata keeps its shape`() throws {
        let object = try json {
            $0.info(
                "Nested.",
                metadata: [
                    "list": ["a", .of(2), .array([])], "map": ["x": ["y": "z"]], "flag": .of(true),
                    "odd": .of(Double.infinity),
                ])
        }
        let metadata = try #require(object["metadata"] as? NSDictionary)
        let expected: NSDictionary = [
            "list": ["a", 2, [Any]()] as [Any], "map": ["x": ["y": "z"]], "flag": true, "odd": "inf",
        ]
        #expect(metadata == expected)
    }

    @Test func `a value longer than the bound is cut and marked`() throws {
        let object = try json {
            $0.info("Long.", metadata: .keys([.reason: "\(String(repeating: "é", count: 10_000))"]))
        }
        let value = try #require((object["metadata"] as? [String: Any])?["reason"] as? String)
        #expect(value.hasSuffix("…"))
        #expect(value.utf8.count <= 4_110)
    }

    @Test func `an attached error stands under its key`() throws {
        let object = try json { $0.error("It failed.", metadata: .keys([.error: .error(Broken())])) }
        #expect((object["metadata"] as? [String: Any])?["error"] as? String == "broken \"badly\"")
    }

    @Test func `the nearer metadata wins`() throws {
        let object = try json {
            $0[.nodeName] = "n1"
            $0[.epoch] = .of(1)
            $0.info("Both.", metadata: .keys([.epoch: .of(2)]))
        }
        let metadata = try #require(object["metadata"] as? [String: Any])
        #expect(metadata["node.name"] as? String == "n1")
        #expect(metadata["epoch"] as? Int == 2)
    }

    @Test func `the console line is readable and cannot move a terminal's cursor`() {
        let lines = Lines()
        let logger = Logger(label: "room") { ConsoleLogHandler(label: $0, sink: lines, now: { 1_741_523_696_789 }) }
        logger.info("Joined.", metadata: .keys([.reason: "two words", .phase: "lobby", .file: "\u{1B}[2J"]))
        #expect(lines.all == ["12:34:56.789 INFO room: Joined. file=\\u001b[2J phase=lobby reason=\"two words\"\n"])
    }

    @Test(arguments: [
        (Int64(0), "1970-01-01T00:00:00.000Z"), (951_782_400_000, "2000-02-29T00:00:00.000Z"),
        (-1, "1969-12-31T23:59:59.999Z"), (4_102_444_799_999, "2099-12-31T23:59:59.999Z"),
    ])
    func `times are RFC 3339 in UTC`(milliseconds: Int64, text: String) {
        #expect(LogTime.rfc3339(milliseconds: milliseconds) == text)
    }

    @Test func `the dates of 400 years agree with Foundation's`() {
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        for day in stride(from: Int64(-73_000), to: 73_000, by: 37) {
            let milliseconds = day * 86_400_000 + 12_345_500
            let date = Date(timeIntervalSince1970: Double(milliseconds) / 1_000)
            #expect(LogTime.rfc3339(milliseconds: milliseconds) == date.formatted(style))
        }
    }
}
