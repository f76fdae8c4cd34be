/// How long what is stored is kept: every table of the schema has its line here, those kept for ever too.
///
/// A test compares the lines with the tables that are there. `PostgresRetention` carries the rules out, one node at a time.
package enum Retention {
    /// The ages an operator may set, in days.
    package struct Ages: Sendable, Hashable {
        /// A room's journal, after the room closed; in a room that goes on, the journal up to a game, after that game ended.
        /// That long every result can be verified by replay (P4); at least two days, in which nobody else gets the room's code.
        package var journal: Int
        /// Chat, after a line was sent.
        package var chat: Int
        /// Moves of shards, after they happened; the newest one of each shard stays.
        package var moves: Int
        /// Guests who cannot come back any more, after they came.
        package var guests: Int

        package init(journal: Int = 30, chat: Int = 90, moves: Int = 90, guests: Int = 365) {
            self.journal = max(journal, Self.journalMin)
            self.chat = max(chat, 1)
            self.moves = max(moves, 1)
            self.guests = max(guests, 1)
        }

        package static let journalMin = 2
    }

    package struct Rule: Sendable, Hashable {
        package var table: String
        /// For people, without a full stop.
        package var keeps: String
        /// Nil: nothing is removed, or something else removes it with its own rows.
        package var trim: Trim?
    }

    /// What is removed by its age alone.
    package enum Trim: String, Sendable, CaseIterable {
        case chat = "chat_message"
        case refreshTokens = "refresh_token"
        case revocations = "revocation"
        case moves = "shard_move"
        case settings = "node_setting"
        case guests = "account"
    }

    package static let rules: [Rule] = [
        Rule(
            table: "room_journal",
            keeps: "`retention.journal.days` after the room closed, or the game ended; then folded"),
        Rule(table: "room_snapshot", keeps: "the two newest of an open room; none of a folded one"),
        Rule(table: "room_fold", keeps: "as long as its room"),
        Rule(table: "room", keeps: "for ever when a game was played to its end; else until it is folded"),
        Rule(table: "room_code", keeps: "until its room is folded, or another room has the code"),
        Rule(table: "game_result", keeps: "for ever: result, final hash and signature"),
        Rule(table: "game_player", keeps: "for ever, with its result"),
        Rule(table: "chat_message", keeps: "`retention.chat.days`", trim: .chat),
        Rule(
            table: "account", keeps: "`retention.guests.days`, and as long as a refresh token of it is there",
            trim: .guests),
        Rule(table: "refresh_token", keeps: "until no token of its family is valid", trim: .refreshTokens),
        Rule(table: "revocation", keeps: "until the tokens it speaks of have run out", trim: .revocations),
        Rule(table: "shard_fence", keeps: "for ever: one row a shard, and the coordinator's"),
        Rule(table: "shard_plan", keeps: "until the next plan: at most one row a shard"),
        Rule(table: "shard_move", keeps: "`retention.moves.days`; of each shard the newest for ever", trim: .moves),
        Rule(table: "shard_pin", keeps: "until it is taken away: at most one row a shard"),
        Rule(
            table: "node_setting", keeps: "while it says something, and `retention.moves.days` longer",
            trim: .settings),
        Rule(table: "cluster_setting", keeps: "for ever: one row"),
        Rule(table: "category", keeps: "for ever: content, by hosts and operators"),
        Rule(table: "pack", keeps: "for ever: content"),
        Rule(table: "question", keeps: "for ever: content"),
        Rule(table: "pack_question", keeps: "for ever: content"),
        Rule(table: "repair", keeps: "for ever: what operators repaired, and why"),
        Rule(table: "schema_migration", keeps: "for ever: one row a migration"),
    ]
}
