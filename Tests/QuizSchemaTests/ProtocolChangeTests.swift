import Foundation
import Testing

/// What the generators are for: somebody changes a Swift type and nothing else, and all three documents change with it.
///
/// Each test compiles a copy of the vocabulary and the generators, changed in one place, and compares what they write
/// with what the unchanged copy writes.
@Suite(.serialized)
struct ProtocolChangeTests {
    /// One change of one line of the vocabulary.
    struct Change: CustomTestStringConvertible, Sendable {
        var name: String
        var file: String
        /// Occurrences of `old` inside the declaration that begins with `type` become `new`.
        var type: String
        var old: String
        var new: String
        var testDescription: String { name }
    }

    static let changes = [
        Change(
            name: "a renamed property", file: "Payloads/GamePayloads.swift", type: "public struct LeaderboardEntry",
            old: "nickname", new: "displayName"),
        Change(
            name: "a property made optional", file: "Payloads/GamePayloads.swift",
            type: "public struct LeaderboardEntry",
            old: "public var score: Int", new: "public var score: Int?"),
        Change(
            name: "a new case", file: "Payloads/RoomPayloads.swift", type: "public enum RoomPhase",
            old: "case lobby,", new: "case intermission, lobby,"),
    ]

    @Test(arguments: changes)
    func `changes every document`(change: Change) throws {
        let before = try GeneratorCopy.unchanged.get()
        let after = try GeneratorCopy(change)
        defer { after.remove() }
        for document in GeneratorCopy.documents {
            let (old, new) = (try before.document(document), try after.document(document))
            #expect(old != new, "\(change.name) does not show in \(document)")
        }
    }

    static var deno: URL { GeneratorCopy.root.appending(path: "Sources/WebClient/.venv/bin/deno") }
    static var hasDeno: Bool { FileManager.default.isExecutableFile(atPath: deno.path) }

    @Test(.enabled(if: hasDeno, "The web tools are not installed.")) func `the web client fits the generated types`()
        throws
    {
        let result = try checkWebClient(with: GeneratorCopy.unchanged.get())
        #expect(result.status == 0, "\(result.output)")
    }

    @Test(.enabled(if: hasDeno, "The web tools are not installed."), arguments: changes)
    func `breaks the web client's type check`(change: Change) throws {
        let copy = try GeneratorCopy(change)
        defer { copy.remove() }
        let result = try checkWebClient(with: copy)
        #expect(result.status != 0, "\(change.name) goes unnoticed")
        #expect(result.output.contains("TS"), "\(result.output)")
    }

    /// Type-checks a copy of the web client with the generated types of `copy`.
    private func checkWebClient(with copy: GeneratorCopy) throws -> (status: Int32, output: String) {
        let files = FileManager.default
        let client = GeneratorCopy.root.appending(path: "Sources/WebClient")
        let folder = files.temporaryDirectory.appending(path: "quizmania-client-\(UUID())")
        defer { try? files.removeItem(at: folder) }  // a temporary folder may stay
        try files.createDirectory(at: folder, withIntermediateDirectories: true)
        try files.copyItem(at: client.appending(path: "src"), to: folder.appending(path: "src"))
        for name in ["deno.json", "package.json"] {
            try files.copyItem(at: client.appending(path: name), to: folder.appending(path: name))
        }
        try files.createSymbolicLink(
            at: folder.appending(path: "node_modules"), withDestinationURL: client.appending(path: "node_modules"))
        let types = folder.appending(path: "src/protocol.generated.ts")
        try Data(try copy.document("typescript").utf8).write(to: types)
        let sources = (files.subpaths(atPath: folder.appending(path: "src").path) ?? [])
            .filter { $0.hasSuffix(".ts") || $0.hasSuffix(".tsx") }.map { "src/" + $0 }
        return try Tool.run(
            Self.deno.path, ["check", "--no-remote", "--quiet"] + sources, in: folder,
            environment: [
                "DENO_DIR": folder.appending(path: ".deno").path, "DENO_NO_UPDATE_CHECK": "1", "NO_COLOR": "1",
            ])
    }
}

/// The vocabulary, the generators and a program around them, compiled in a folder of their own.
struct GeneratorCopy {
    static let documents = ["openapi", "asyncapi", "typescript"]
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    /// Compiled once for all tests.
    static let unchanged = Result { try GeneratorCopy(nil) }

    private let folder: URL

    init(_ change: ProtocolChangeTests.Change?) throws {
        let files = FileManager.default
        folder = files.temporaryDirectory.appending(path: "quizmania-protocol-\(UUID())")
        try files.createDirectory(at: folder, withIntermediateDirectories: true)
        try files.copyItem(at: Self.root.appending(path: "Sources/QuizModel"), to: folder.appending(path: "QuizModel"))
        let wire = folder.appending(path: "QuizWire")
        try files.createDirectory(at: wire, withIntermediateDirectories: true)
        for part in ["Schema", "Events"] {
            try files.copyItem(
                at: Self.root.appending(path: "Sources/QuizWire/\(part)"), to: wire.appending(path: part))
        }
        // The one file that needs more than the vocabulary; the generators do without it.
        try files.removeItem(at: wire.appending(path: "Events/WireJSON.swift"))
        if let change { try Self.apply(change, below: folder.appending(path: "QuizModel")) }
        try compile()
    }

    func remove() { try? FileManager.default.removeItem(at: folder) }  // a temporary folder may stay

    func document(_ name: String) throws -> String {
        let result = try Tool.run(folder.appending(path: "generate").path, [name], in: folder)
        guard result.status == 0 else { throw Tool.Failure(output: result.output) }
        return result.output
    }

    private static func apply(_ change: ProtocolChangeTests.Change, below folder: URL) throws {
        let file = folder.appending(path: change.file)
        let text = try String(contentsOf: file, encoding: .utf8)
        let start = try #require(text.range(of: change.type)).lowerBound
        let end = text.range(of: "\n}\n", range: start..<text.endIndex)?.upperBound ?? text.endIndex
        let changed = text[start..<end].replacing(change.old, with: change.new)
        try #require(changed != text[start..<end])
        try Data((text[..<start] + changed + text[end...]).utf8).write(to: file)
    }

    private func compile() throws {
        let main = """
            import QuizWire

            switch CommandLine.arguments.last {
            case "openapi": print(try OpenAPIDocument.make().text, terminator: "")
            case "asyncapi": print(try AsyncAPIDocument.make().text, terminator: "")
            default: print(try TypeScriptModule.make(), terminator: "")
            }
            """
        try Data(main.utf8).write(to: folder.appending(path: "main.swift"))
        let features = [
            "ExistentialAny", "MemberImportVisibility", "InternalImportsByDefault", "NonisolatedNonsendingByDefault",
        ]
        let common =
            ["-package-name", "quizmania", "-swift-version", "6", "-Onone", "-I", folder.path]
            + features.flatMap { ["-enable-upcoming-feature", $0] }
        for module in ["QuizModel", "QuizWire"] {
            let names = FileManager.default.subpaths(atPath: folder.appending(path: module).path) ?? []
            let sources = names.filter { $0.hasSuffix(".swift") }.map { "\(module)/\($0)" }.sorted()
            try swiftc(
                common + [
                    "-whole-module-optimization", "-parse-as-library", "-module-name", module, "-emit-module", "-c",
                    "-o", "\(module).o",
                ]
                    + ["-emit-module-path", "\(module).swiftmodule"] + sources)
        }
        try swiftc(common + ["main.swift", "QuizModel.o", "QuizWire.o", "-module-name", "generate", "-o", "generate"])
    }

    private func swiftc(_ arguments: [String]) throws {
        let result = try Tool.run("/usr/bin/env", ["swiftc"] + arguments, in: folder)
        guard result.status == 0 else { throw Tool.Failure(output: result.output) }
    }
}

/// Runs a program to its end.
enum Tool {
    struct Failure: Error, CustomStringConvertible {
        var output: String
        var description: String { output }
    }

    static func run(
        _ path: String, _ arguments: [String], in folder: URL, environment: [String: String] = [:]
    ) throws -> (status: Int32, output: String) {
        let output = folder.appending(path: "output-\(UUID()).txt")
        try Data().write(to: output)
        let handle = try FileHandle(forWritingTo: output)
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.currentDirectoryURL = folder
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.standardOutput = handle
        process.standardError = handle
        try process.run()
        process.waitUntilExit()
        try handle.close()
        defer { try? FileManager.default.removeItem(at: output) }  // a temporary file may stay
        return (process.terminationStatus, String(decoding: try Data(contentsOf: output), as: UTF8.self))
    }
}
