internal import Foundation
internal import NIOCore

/// The web client's built files, read into memory once: a few hundred kilobytes that every visitor asks for. Answers share them, so that
/// slow readers hold no copies.
package struct WebFiles: Sendable {
    /// Files and bytes the folder may hold; more is refused, because it is not the web client.
    package static let filesMax = 2_000
    package static let bytesMax = 64 << 20

    /// One file in its encodings.
    struct File: Sendable {
        var plain: ByteBuffer
        var brotli: ByteBuffer?
        var gzip: ByteBuffer?
        var contentType: String
        /// In quotes, as the header wants it.
        var tag: String
        /// Its name holds a hash of its content, so it never changes.
        var isHashed: Bool
    }

    /// By path, as `/app-1A2B3C4D.js`.
    let files: [String: File]
    /// The page, whose head is written for each request.
    let template: PageTemplate

    /// What is served while there is no web client.
    package static let none = WebFiles(files: [:], page: missingPage)

    private init(files: [String: File], page: String) {
        self.files = files
        template = PageTemplate(page)
    }

    /// - Throws: `WebFilesFailure` with a sentence when the folder cannot be used.
    package init(folder: String) throws(WebFilesFailure) {
        var contents: [String: [UInt8]] = [:]
        let root = URL(filePath: folder, directoryHint: .isDirectory).standardizedFileURL
        guard let walk = FileManager.default.enumerator(atPath: root.path) else {
            throw WebFilesFailure(
                sentence: "The web client's folder \(folder) cannot be read. Build it with cluster/up.")
        }
        var bytes = 0
        while let name = walk.nextObject() as? String {
            let url = root.appending(path: name)
            // Folders, and what cannot be looked at, are not served.
            guard (try? url.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile) == true else { continue }
            guard let data = try? Data(contentsOf: url) else {
                throw WebFilesFailure(sentence: "The web client's file \(name) cannot be read.")
            }
            bytes += data.count
            contents["/" + name] = Array(data)
            guard contents.count <= Self.filesMax, bytes <= Self.bytesMax else {
                throw WebFilesFailure(sentence: "\(folder) holds too much to be the web client.")
            }
        }
        guard let page = contents["/index.html"] else {
            throw WebFilesFailure(
                sentence: "There is no index.html in \(folder). Build the web client with cluster/up.")
        }
        self.init(files: Self.files(from: contents), page: String(decoding: page, as: UTF8.self))
    }

    private static func files(from contents: [String: [UInt8]]) -> [String: File] {
        var files: [String: File] = [:]
        for (path, bytes) in contents where !path.hasSuffix(".br") && !path.hasSuffix(".gz") {
            files[path] = File(
                plain: ByteBuffer(bytes: bytes), brotli: contents[path + ".br"].map(ByteBuffer.init(bytes:)),
                gzip: contents[path + ".gz"].map(ByteBuffer.init(bytes:)),
                contentType: contentType(of: path), tag: "\"\(fingerprint(of: bytes))\"", isHashed: isHashed(path))
        }
        return files
    }

    /// esbuild's names: eight capitals and digits between a hyphen and the extension.
    private static func isHashed(_ path: String) -> Bool { path.contains(/-[A-Z0-9]{8}\.[A-Za-z0-9.]+$/) }

    private static func contentType(of path: String) -> String {
        switch path.split(separator: ".").last?.lowercased() {
        case "html": "text/html; charset=utf-8"
        case "js", "mjs": "text/javascript; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        case "json", "map": "application/json"
        case "webmanifest": "application/manifest+json"
        case "svg": "image/svg+xml"
        case "png": "image/png"
        case "ico": "image/x-icon"
        case "jpg", "jpeg": "image/jpeg"
        case "webp": "image/webp"
        case "woff2": "font/woff2"
        case "txt": "text/plain; charset=utf-8"
        default: "application/octet-stream"
        }
    }

    /// FNV-1a, 64 bits: tells versions of one file apart, nothing more.
    static func fingerprint(of bytes: some Sequence<UInt8>) -> String {
        String(bytes.reduce(UInt64(0xCBF2_9CE4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }, radix: 16)
    }

    private static let missingPage = """
        <!doctype html><html lang="en"><head><meta charset="utf-8"><title>QuizMania</title><!--QUIZMANIA_HEAD--></head>
        <body><h1>QuizMania</h1><p>The server runs, but its web client has not been built. Run cluster/up.</p></body></html>
        """
}

/// The folder is no web client; the sentence says what to do.
package struct WebFilesFailure: Error, Sendable, Hashable, CustomStringConvertible {
    package var sentence: String
    package var description: String { sentence }
}
