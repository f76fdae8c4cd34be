import ArgumentParser
import Foundation
import QuizWire

/// `quizmania schema openapi|asyncapi|typescript`: writes a generated document to standard output.
struct SchemaCommand: ParsableCommand {
    enum Document: String, CaseIterable, ExpressibleByArgument {
        case openapi, asyncapi, typescript
    }

    static let configuration = CommandConfiguration(
        commandName: "schema", abstract: "Write the protocol's documents, generated from its types.",
        discussion:
            "openapi: the HTTP API. asyncapi: the socket's events. typescript: the types the web client is built with.")

    @Argument(help: "Which document: openapi, asyncapi or typescript.")
    var document: Document

    @Option(name: .shortAndLong, help: "Write to this file instead; it is left alone when nothing changed.")
    var output: String?

    func run() throws {
        let text =
            switch document {
            case .openapi: try OpenAPIDocument.make().text
            case .asyncapi: try AsyncAPIDocument.make().text
            case .typescript: try TypeScriptModule.make()
            }
        guard let output else { return FileHandle.standardOutput.write(Data(text.utf8)) }
        let file = URL(filePath: output)
        // An unchanged file keeps its time, so that what is built from it is not built again.
        if let old = try? Data(contentsOf: file), old == Data(text.utf8) { return }  // no file yet: write it
        try Data(text.utf8).write(to: file, options: .atomic)
    }
}
