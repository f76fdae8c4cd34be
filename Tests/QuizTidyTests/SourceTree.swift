import Foundation

/// The project's files, found from where this one was compiled.
struct SourceTree {
    struct File: Sendable {
        struct Line: Sendable {
            /// From 1.
            let number: Int
            let text: String
        }

        /// From the project's root, with `/`.
        let path: String
        let text: String
        let lines: [Substring]
        /// The lines without their comments. Text in quotes is kept.
        let code: [Line]

        init(path: String, text: String) {
            self.path = path
            self.text = text
            lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            code =
                path.hasSuffix(".swift")
                ? lines.enumerated().map { Line(number: $0.offset + 1, text: Self.withoutComment($0.element)) } : []
        }

        var name: String { String(path.split(separator: "/").last ?? "") }
        /// `QuizRoom` for `Sources/QuizRoom/…`.
        var target: String? {
            let parts = path.split(separator: "/")
            return parts.count > 2 && parts[0] == "Sources" ? String(parts[1]) : nil
        }

        private static func withoutComment(_ line: Substring) -> String {
            var inQuotes = false
            var before: UInt8 = 0
            var end = line.utf8.endIndex
            for index in line.utf8.indices {
                let byte = line.utf8[index]
                if byte == UInt8(ascii: "\""), !(inQuotes && before == UInt8(ascii: "\\")) {
                    inQuotes.toggle()
                } else if byte == UInt8(ascii: "/"), before == byte, !inQuotes {
                    end = line.utf8.index(before: index)
                    break
                }
                before = before == UInt8(ascii: "\\") && byte == before ? 0 : byte
            }
            return String(line[..<end])
        }
    }

    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Folders that hold what tools fetched or made.
    private static let skipped: Set<String> = [
        "node_modules", "dist", ".vendor", ".deno", ".build", ".local", "__pycache__", ".venv", "artifacts",
    ]

    /// Text files below the given folders, in order of their paths.
    static func files(below folders: String..., endingIn endings: Set<String>) throws -> [File] {
        var found: [File] = []
        for folder in folders { try collect(folder, endings, into: &found) }
        return found.sorted { $0.path < $1.path }
    }

    /// All Swift files below `Sources`, read once.
    static func swiftSources() throws -> [File] { try sources.get() }

    private static let sources = Result { try files(below: "Sources", endingIn: ["swift"]) }

    private static func collect(_ folder: String, _ endings: Set<String>, into found: inout [File]) throws {
        let url = root.appending(path: folder)
        guard FileManager.default.fileExists(atPath: url.path) else { return }
        for entry in try FileManager.default.contentsOfDirectory(
            at: url, includingPropertiesForKeys: [.isDirectoryKey, .isSymbolicLinkKey])
        {
            let values = try entry.resourceValues(forKeys: [.isDirectoryKey, .isSymbolicLinkKey])
            let path = "\(folder)/\(entry.lastPathComponent)"
            if values.isSymbolicLink == true || skipped.contains(entry.lastPathComponent)
                || entry.lastPathComponent.hasPrefix(".build")
            {
                continue
            }
            if values.isDirectory == true {
                try collect(path, endings, into: &found)
            } else if endings.isEmpty || endings.contains(entry.pathExtension) {
                let data = try Data(contentsOf: entry)
                // What is no UTF-8 is no text.
                if let text = String(data: data, encoding: .utf8) { found.append(File(path: path, text: text)) }
            }
        }
    }
}
