import Foundation

/// The house rules a program can check. Each gives the places that break it.
enum Rules {
    typealias File = SourceTree.File

    // MARK: Imports

    /// Which of our targets each target may import. ARCHITECTURE has the picture.
    static let arrows: [String: Set<String>] = {
        let model: Set = ["QuizModel"]
        let ground: Set = ["QuizModel", "QuizRoom", "QuizShards", "QuizTelemetry", "QuizWire"]
        let middle: Set = ["QuizRoomHost", "QuizSocial", "QuizContent", "QuizCluster"]
        let adapters: Set = ["QuizGateway", "QuizHTTP", "QuizMesh", "QuizPostgres", "QuizRedis"]
        return [
            "QuizModel": [],
            "QuizRoom": model,
            "QuizShards": model,
            "QuizTelemetry": model,
            "QuizWire": model.union(["CZlib"]),
            "QuizRoomHost": ground,
            "QuizSocial": ["QuizModel", "QuizTelemetry"],
            "QuizContent": model,
            "QuizCluster": ground.union(["QuizRoomHost"]),
            "QuizGateway": ground.union(middle),
            "QuizHTTP": ground.union(middle),
            "QuizMesh": ground.union(middle),
            "QuizPostgres": ground.union(middle).union(["CLibPQ"]),
            "QuizRedis": ground.union(middle).union(["CHiredis"]),
            "QuizClient": ["QuizModel", "QuizWire", "CZlib"],
            "QuizTestKit": ground.union(middle),
            "QuizNode": ground.union(middle).union(adapters),
            "quizmania": ground.union(middle).union(adapters).union(["QuizNode", "QuizClient"]),
        ]
    }()

    /// Libraries that open sockets; nothing on the ground or in the middle may import them.
    static let socketLibraries: Set = ["NIOPosix", "NIOSSL", "Hummingbird", "HummingbirdCore", "AsyncHTTPClient"]
    static let withoutSockets: Set = [
        "QuizModel", "QuizRoom", "QuizShards", "QuizTelemetry", "QuizWire", "QuizRoomHost", "QuizSocial", "QuizContent",
        "QuizCluster",
    ]

    static func wrongImports(_ file: File) -> [String] {
        guard let target = file.target else { return [] }
        guard let allowed = arrows[target] else { return ["\(file.path): \(target) is not in the table of arrows"] }
        return file.code.compactMap { line in
            let number = line.number
            // The pattern is slow; few lines need it.
            guard line.text.contains("import"), let module = importedModule(line.text) else { return nil }
            let ours =
                module.hasPrefix("Quiz") || arrows[module] != nil || ["CHiredis", "CLibPQ", "CZlib"].contains(module)
            if ours, module != target, !allowed.contains(module) { return "\(file.path):\(number) imports \(module)" }
            if withoutSockets.contains(target), socketLibraries.contains(module) {
                return "\(file.path):\(number) imports \(module)"
            }
            return nil
        }
    }

    /// The module of an `import` line, whatever stands before and behind it.
    static func importedModule(_ line: String) -> String? {
        guard
            let match = line.firstMatch(
                of:
                    /^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:public|package|internal|fileprivate|private)\s+)?import\s+(?:(?:struct|class|enum|protocol|func|var|let|typealias)\s+)?(\w+)/
            )
        else { return nil }
        return String(match.1)
    }

    // MARK: Words

    static var forbidden: [(what: String, pattern: Regex<Substring>, except: String?)] {
        [
            ("try!", /\btry!/, nil),
            ("fatalError", /\bfatalError\(/, nil),
            ("print, outside the command line's console", /(?:^|[^.\w])print\(/, "Sources/quizmania/Console.swift"),
            ("a lock the thread sanitizer cannot see: use NIOLockedValueBox", /\bMutex\s*[<(]/, nil),
            ("an unstructured task", /\bTask(?:\.detached)?\s*(?:\([^)]*\)\s*)?\{/, "Sources/quizmania/"),
        ]
    }

    static func forbiddenWords(_ file: File) -> [String] {
        let rules = forbidden.filter { rule in !(rule.except.map { file.path.hasPrefix($0) } ?? false) }
        let words = ["try!", "fatalError", "print", "Mutex", "Task"]
        return file.code.filter { line in words.contains { line.text.contains($0) } }.flatMap { line in
            rules.filter { line.text.contains($0.pattern) }.map { "\(file.path):\(line.number): \($0.what)" }
        }
    }

    /// `@unchecked Sendable` and `nonisolated(unsafe)` say beside them, or on the line before, what protects them.
    static func unprotected(_ file: File) -> [String] {
        let lines = file.lines
        return file.code.filter { $0.text.contains("@unchecked Sendable") || $0.text.contains("nonisolated(unsafe)") }
            .filter { line in
                let commented = lines[line.number - 1].utf8.count > line.text.utf8.count
                let before = line.number >= 2 ? lines[line.number - 2].drop { $0 == " " } : ""
                return !commented && !before.hasPrefix("//")
            }
            .map { "\(file.path):\($0.number)" }
    }

    /// What a room's rules may not know: clocks, chance, waiting. They are a pure fold.
    static func impure(_ file: File) -> [String] {
        guard file.target == "QuizRoom" else { return [] }
        let words =
            /\b(?:Date\(|ContinuousClock|SuspendingClock|SystemRandomNumberGenerator|async\b|await\b|Task\b|Logger\b)/
        return file.code.filter { $0.text.contains(words) }.map { "\(file.path):\($0.number)" }
    }

    // MARK: Size

    static let linesMax = 400

    /// A longer file says why in its first lines, behind "Length:".
    static func tooLong(_ file: File) -> [String] {
        let count = file.lines.count
        let excused = file.lines.prefix(10).contains { $0.contains("Length:") }
        return count > linesMax && !excused ? ["\(file.path) has \(count) lines"] : []
    }

    // MARK: Names

    /// Metric names stand in `MetricName.swift` alone.
    static func strayMetricNames(_ file: File, parts: Set<String>) -> [String] {
        guard file.path != metricNameFile else { return [] }
        return file.code.filter { $0.text.contains("\"quizmania_") }.flatMap { line in
            line.text.matches(of: /"quizmania_([a-z]+)_[a-z_]+"/).filter { parts.contains(String($0.1)) }
                .map { "\(file.path):\(line.number): \($0.0)" }
        }
    }

    static let metricNameFile = "Sources/QuizTelemetry/MetricName.swift"

    static func metricNames(in text: String) -> Set<String> {
        Set(text.matches(of: /"(quizmania_[a-z_]+)"/).map { String($0.1) })
    }

    /// Migrations are `M0001_what.sql`, `M0002_what.sql`, … without a gap.
    static func wrongMigrations(_ names: [String]) -> [String] {
        var wrong: [String] = []
        for (index, name) in names.sorted().enumerated() {
            guard let match = name.wholeMatch(of: /M(\d{4})_[a-z0-9_]+\.sql/), Int(match.1) == index + 1 else {
                wrong.append(name)
                continue
            }
        }
        return wrong
    }

    /// Paths of somebody's workplace mean nothing to a stranger. Put together here, so that this file passes.
    static let leaks = ["/" + "work/", ".." + "/shared", "/tmp/" + "sb"]

    static func leaks(_ file: File) -> [String] {
        file.lines.enumerated().flatMap { index, line in
            leaks.filter { line.contains($0) }.map { "\(file.path):\(index + 1): \($0)" }
        }
    }
}
