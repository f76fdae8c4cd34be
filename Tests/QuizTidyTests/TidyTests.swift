import Foundation
import Testing

/// The project itself, held to its rules.
@Suite struct TidyTests {
    @Test func `the tree is found`() throws {
        #expect(try SourceTree.swiftSources().contains { $0.path == Rules.metricNameFile })
    }

    @Test func `imports point down and adapters do not know each other`() throws {
        let wrong = try SourceTree.swiftSources().flatMap(Rules.wrongImports)
        #expect(wrong == [])
    }

    @Test func `no file is too long`() throws {
        let wrong = try SourceTree.swiftSources().flatMap(Rules.tooLong)
        #expect(wrong == [])
    }

    @Test func `nothing crashes on purpose, prints, or runs away from its owner`() throws {
        let wrong = try SourceTree.swiftSources().flatMap(Rules.forbiddenWords)
        #expect(wrong == [])
    }

    @Test func `what the compiler cannot check says what protects it`() throws {
        let wrong = try SourceTree.swiftSources().flatMap(Rules.unprotected)
        #expect(wrong == [])
    }

    @Test func `a room's rules know no clock, no chance and no waiting`() throws {
        let wrong = try SourceTree.swiftSources().flatMap(Rules.impure)
        #expect(wrong == [])
    }

    @Test func `metric names stand in one file`() throws {
        let sources = try SourceTree.swiftSources()
        let file = try #require(sources.first { $0.path == Rules.metricNameFile })
        let parts = Set(
            Rules.metricNames(in: file.text).compactMap { $0.split(separator: "_").dropFirst().first.map(String.init) })
        #expect(parts.count > 5)
        #expect(sources.flatMap { Rules.strayMetricNames($0, parts: parts) } == [])
    }

    @Test func `alerts ask only for metrics that exist`() throws {
        let names = Rules.metricNames(
            in: try #require(try SourceTree.swiftSources().first { $0.path == Rules.metricNameFile }).text)
        let files = try SourceTree.files(below: "deploy", endingIn: ["yml", "yaml", "json"])
        #expect(!files.isEmpty)
        for file in files {
            for match in file.text.matches(of: /\bquizmania_[a-z_]+[a-z]/) {
                let name = String(match.0)
                let base = ["_bucket", "_sum", "_count"].reduce(name) {
                    $0.hasSuffix($1) ? String($0.dropLast($1.count)) : $0
                }
                #expect(names.contains(name) || names.contains(base), "\(file.path): \(name)")
            }
        }
    }

    @Test func `migrations are numbered without a gap`() throws {
        let files = try SourceTree.files(below: "Sources/QuizPostgres/Migrations", endingIn: ["sql"])
        #expect(!files.isEmpty)
        #expect(Rules.wrongMigrations(files.map(\.name)) == [])
    }

    @Test func `nothing names somebody's workplace`() throws {
        let files = try SourceTree.files(
            below: "Sources", "Tests", "cluster", "config", "deploy", ".ci", ".github", endingIn: [])
        let pages = try FileManager.default.contentsOfDirectory(atPath: SourceTree.root.path).filter {
            $0.hasSuffix(".md") || $0 == "Package.swift"
        }
        .map {
            SourceTree.File(
                path: $0, text: try String(contentsOf: SourceTree.root.appending(path: $0), encoding: .utf8))
        }
        let wrong = (files + pages).flatMap(Rules.leaks)
        #expect(wrong == [])
    }
}

/// The rules themselves: one that never fires proves nothing.
@Suite struct RuleTests {
    private func file(_ text: String, _ path: String = "Sources/QuizRedis/X.swift") -> SourceTree.File {
        .init(path: path, text: text)
    }

    @Test(arguments: [
        ("import QuizPostgres", true), ("package import QuizPostgres", true), ("@testable import QuizHTTP", true),
        ("@preconcurrency package import struct QuizGateway.X", true), ("import CLibPQ", true),
        ("import QuizNew", true),
        ("import QuizSocial", false), ("import NIOSSL", false), ("// import QuizPostgres", false),
        ("let important = 1", false),
    ])
    func `an import across or up is seen`(line: String, wrong: Bool) {
        #expect(Rules.wrongImports(file("import NIOCore\n\(line)\n")).isEmpty != wrong)
    }

    @Test func `sockets on the ground and targets without a place are seen`() {
        #expect(
            Rules.wrongImports(file("import NIOPosix", "Sources/QuizWire/X.swift")) == [
                "Sources/QuizWire/X.swift:1 imports NIOPosix"
            ])
        #expect(Rules.wrongImports(file("", "Sources/QuizNew/X.swift")).count == 1)
        #expect(Rules.wrongImports(file("import QuizRoom", "Sources/QuizModel/X.swift")).count == 1)
    }

    @Test(arguments: [
        ("let x = try! f()", true), ("fatalError(\"no\")", true), ("    print(x)", true), ("Task { await f() }", true),
        ("let t = Task(priority: .high) { }", true), ("Task.detached { }", true),
        ("let x = \"https://h\"; print(1)", true), ("let state = Mutex<Int>(1)", true),
        ("// print(x)", false), ("group.addTask { }", false), ("logger.print(x)", false), ("fingerprint(x)", false),
        ("preconditionFailure(\"x\")", false), ("Task.isCancelled", false), ("let u = \"a\" // try! this", false),
    ])
    func `forbidden words are seen in code and not in comments`(line: String, wrong: Bool) {
        #expect(Rules.forbiddenWords(file(line)).isEmpty != wrong)
    }

    @Test func `the command line may print in one file`() {
        #expect(Rules.forbiddenWords(file("print(1)", "Sources/quizmania/Console.swift")) == [])
        #expect(Rules.forbiddenWords(file("print(1)", "Sources/quizmania/Serve.swift")).count == 1)
        #expect(Rules.forbiddenWords(file("Task { }", "Sources/quizmania/Serve.swift")) == [])
    }

    @Test(arguments: [
        ("final class A: @unchecked Sendable {", true), ("\nnonisolated(unsafe) var x = 1", true),
        ("final class A: @unchecked Sendable {  // on the loop only", false),
        ("/// On the loop only.\nfinal class A: @unchecked Sendable {", false),
    ])
    func `an unchecked promise without a reason is seen`(text: String, wrong: Bool) {
        #expect(Rules.unprotected(file(text)).isEmpty != wrong)
    }

    @Test func `clocks in a room's rules are seen`() {
        #expect(Rules.impure(file("let now = Date()", "Sources/QuizRoom/X.swift")).count == 1)
        #expect(Rules.impure(file("func f() async {}", "Sources/QuizRoom/X.swift")).count == 1)
        #expect(Rules.impure(file("let now = Date()", "Sources/QuizHTTP/X.swift")) == [])
    }

    @Test func `a long file needs a reason`() {
        let long = String(repeating: "let x = 1\n", count: 401)
        #expect(Rules.tooLong(file(long)).count == 1)
        #expect(Rules.tooLong(file("// Length: a table.\n" + long)) == [])
    }

    @Test func `a stray metric name is seen`() {
        #expect(Rules.strayMetricNames(file("f(\"quizmania_redis_connected\")"), parts: ["redis"]).count == 1)
        #expect(Rules.strayMetricNames(file("f(\"quizmania_refresh_token\")"), parts: ["redis"]) == [])
    }

    @Test func `a gap, a double and a bad name among migrations are seen`() {
        #expect(Rules.wrongMigrations(["M0001_a.sql", "M0002_b.sql"]) == [])
        #expect(Rules.wrongMigrations(["M0001_a.sql", "M0003_b.sql"]) == ["M0003_b.sql"])
        #expect(Rules.wrongMigrations(["M0001_a.sql", "M0001_b.sql"]) == ["M0001_b.sql"])
        #expect(Rules.wrongMigrations(["1_a.sql"]) == ["1_a.sql"])
    }

    @Test func `a workplace's path is seen`() {
        for word in Rules.leaks { #expect(Rules.leaks(file("see \(word)x")).count == 1) }
    }
}
