internal import QuizModel

/// What a page says about itself to those who only read its head: search engines, and chats that preview a link.
struct PageHead: Sendable, Hashable {
    var title: String
    var description: String
    /// Absolute where the origin is known.
    var url: String?
    var image: String
    /// Search engines leave it out.
    var isUnlisted: Bool

    /// The room's own head, or nil for one that is private: its link must not tell that it exists.
    init?(room: RoomSummary, origin: String?) {
        guard room.visibility != .private else { return nil }
        title = "\(room.title) · QuizMania"
        let crowd = room.players == 1 ? "1 player is" : "\(room.players) players are"
        description = "Join room \(room.code.text) and play along: \(crowd) there already."
        url = origin.map { "\($0)/r/\(room.code.text)" }
        image = "\(origin ?? "")/share.png"
        isUnlisted = room.visibility != .public
    }

    /// Puts it in the place of the mark, and its title in the place of the page's.
    func inserted(into page: String) -> String {
        var tags = [
            "<meta name=\"description\" content=\"\(Self.escape(description))\">",
            "<meta property=\"og:site_name\" content=\"QuizMania\">",
            "<meta property=\"og:type\" content=\"website\">",
            "<meta property=\"og:title\" content=\"\(Self.escape(title))\">",
            "<meta property=\"og:description\" content=\"\(Self.escape(description))\">",
            "<meta property=\"og:image\" content=\"\(Self.escape(image))\">",
            "<meta name=\"twitter:card\" content=\"summary_large_image\">",
        ]
        if let url { tags.append("<meta property=\"og:url\" content=\"\(Self.escape(url))\">") }
        if isUnlisted { tags.append("<meta name=\"robots\" content=\"noindex\">") }
        // The page's own text goes first: what is inserted is a stranger's and must not be searched for marks.
        let parts = page.split(separator: Self.mark, maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return page }
        let titled = "<title>\(Self.escape(title))</title>"
        let head = parts[0].replacing(/<title>[^<]*<\/title>/, with: { _ in titled })
        let rest = parts[1].replacing(/<title>[^<]*<\/title>/, with: { _ in titled })
        return head + tags.joined(separator: "\n") + rest
    }

    static let mark = "<!--QUIZMANIA_HEAD-->"

    static func escape(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;").replacing("'", with: "&#39;")
    }
}
