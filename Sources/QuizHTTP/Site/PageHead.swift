internal import QuizModel

/// What a page says about itself to those who only read its head: search engines, and chats that preview a link.
struct PageHead: Sendable, Hashable {
    private var title: String
    /// Nil: there is nothing to preview.
    private var preview: Preview?
    /// Search engines leave it out.
    private var isUnlisted: Bool

    private struct Preview: Hashable {
        var description: String
        /// Absolute where the origin is known.
        var image: String
        var url: String?
    }

    /// The product's own.
    static func product(origin: String?) -> PageHead {
        let preview = Preview(
            description: "Live quiz battles on every screen: open a link, pick a nickname, play.",
            image: (origin ?? "") + image, url: origin.map { $0 + "/" })
        return PageHead(title: "QuizMania · Live quiz battles", preview: preview, isUnlisted: false)
    }

    /// A room's own. One that is private, absent or misspelled has the same empty one: a link must not tell which it is.
    static func room(_ room: RoomSummary?, origin: String?) -> PageHead {
        guard let room, room.visibility != .private else {
            return PageHead(title: "QuizMania", preview: nil, isUnlisted: true)
        }
        let crowd = room.players == 1 ? "1 player is" : "\(room.players) players are"
        let preview = Preview(
            description: "Join room \(room.code.text) and play along: \(crowd) there already.",
            image: (origin ?? "") + image, url: origin.map { "\($0)/r/\(room.code.text)" })
        return PageHead(
            title: "\(room.title) · QuizMania", preview: preview, isUnlisted: room.visibility != .public)
    }

    /// The operators' page.
    static let operators = PageHead(title: "Cluster · QuizMania", preview: nil, isUnlisted: true)

    /// Of an address that leads nowhere.
    static let missing = PageHead(title: "Not found · QuizMania", preview: nil, isUnlisted: true)

    /// The picture for previews, one of the client's files; 1200 by 630 pixels.
    private static let image = "/card.png"

    /// As HTML, ready for the page.
    var tags: String {
        var tags = ["<title>\(Self.escape(title))</title>"]
        if let preview {
            tags += [
                "<meta name=\"description\" content=\"\(Self.escape(preview.description))\">",
                "<meta property=\"og:site_name\" content=\"QuizMania\">",
                "<meta property=\"og:type\" content=\"website\">",
                "<meta property=\"og:title\" content=\"\(Self.escape(title))\">",
                "<meta property=\"og:description\" content=\"\(Self.escape(preview.description))\">",
                "<meta property=\"og:image\" content=\"\(Self.escape(preview.image))\">",
                "<meta name=\"twitter:card\" content=\"summary_large_image\">",
            ]
            if let url = preview.url { tags.append("<meta property=\"og:url\" content=\"\(Self.escape(url))\">") }
        }
        if isUnlisted { tags.append("<meta name=\"robots\" content=\"noindex\">") }
        return tags.joined(separator: "\n")
    }

    private static func escape(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;").replacing("'", with: "&#39;")
    }
}

/// The client's page, cut open where a head goes.
struct PageTemplate: Sendable {
    private static let mark = "<!--QUIZMANIA_HEAD-->"

    private let before: String
    private let after: String

    /// Without the mark the head goes to the end of the page's own. A title that is there already gives way.
    init(_ page: String) {
        let untitled = page.replacing(/<title>[^<]*<\/title>/, with: "")
        let gap =
            untitled.firstRange(of: Self.mark)
            ?? untitled.firstRange(of: "</head>").map { $0.lowerBound..<$0.lowerBound }
        before = gap.map { String(untitled[..<$0.lowerBound]) } ?? ""
        after = gap.map { String(untitled[$0.upperBound...]) } ?? untitled
    }

    /// - Parameter screen: what the client calls the screen it will draw, where styles of the whole page depend on it: they then hold from the
    ///   first paint on, and nothing moves when the client takes over.
    func page(with head: PageHead, screen: String? = nil) -> String {
        let page = before + head.tags + after
        guard let screen, let root = page.firstRange(of: "<html") else { return page }
        return page[..<root.upperBound] + " data-screen=\"\(screen)\"" + page[root.upperBound...]
    }
}
