package import QuizModel
package import QuizSocial

/// Room chat in PostgreSQL.
package final class PostgresChatStore: ChatStore {
    private let pool: PostgresPool

    init(pool: PostgresPool) { self.pool = pool }

    /// A line that another connection is storing at this moment is seen by neither half of the statement; the next
    /// attempt sees it.
    private static let attemptsMax = 3

    private static let append = PostgresStatement(
        "chat_append",
        """
        WITH added AS (
            INSERT INTO chat_message (id, room, player, client, nickname, line, sent_at_ms)
            VALUES ($1::uuid, $2::uuid, $3::uuid, $4::text, $5::text, $6::text, $7::int8)
            ON CONFLICT (room, player, client) DO NOTHING
            RETURNING id, client, player, nickname, line, sent_at_ms
        )
        SELECT * FROM added
        UNION ALL
        SELECT id, client, player, nickname, line, sent_at_ms FROM chat_message
        WHERE room = $2::uuid AND player = $3::uuid AND client = $4::text AND NOT EXISTS (SELECT 1 FROM added)
        """)

    private static let page = PostgresStatement(
        "chat_page",
        """
        SELECT id, client, player, nickname, line, sent_at_ms FROM chat_message
        WHERE room = $1::uuid
            AND ($2::uuid IS NULL
                OR ordinal < (SELECT ordinal FROM chat_message WHERE id = $2::uuid AND room = $1::uuid))
        ORDER BY ordinal DESC
        LIMIT $3::int4
        """)

    package func append(_ line: ChatLine, id: ChatMessageID) async throws(StoreFailure) -> ChatMessagePayload {
        let message = line.message
        let parameters: [PostgresParameter] = [
            .uuid(id), .uuid(line.room), .uuid(message.player), .text(message.client.text),
            .text(message.nickname.text),
            .text(message.text.text), .int8(message.sentAtMs),
        ]
        for _ in 0..<Self.attemptsMax {
            if let stored = try await messages(Self.append, parameters).first { return stored }
        }
        throw StoreFailure(code: "conflict", context: "The same line is being stored by somebody else.")
    }

    package func page(
        room: RoomID, before: ChatMessageID?, limit: Int
    ) async throws(StoreFailure) -> [ChatMessagePayload] {
        let limit = min(max(limit, 0), Limits.chatPageMax)
        let before = before.map { PostgresParameter.uuid($0) } ?? .null
        return try await messages(Self.page, [.uuid(room), before, .int4(limit)]).reversed()
    }

    private func messages(
        _ statement: PostgresStatement, _ parameters: [PostgresParameter]
    ) async throws(StoreFailure) -> [ChatMessagePayload] {
        do throws(PostgresError) {
            return try await pool.query(statement, parameters) { result throws(PostgresError) in
                var messages: [ChatMessagePayload] = []
                for row in result.rows { messages.append(try row.chatMessage()) }
                return messages
            }
        } catch {
            throw StoreFailure(error)
        }
    }
}

extension PostgresRow {
    fileprivate func chatMessage() throws(PostgresError) -> ChatMessagePayload {
        guard let client = ClientID(try text(1)), let line = ChatText(try text(4)) else {
            throw PostgresError(.unexpectedAnswer, "A stored line of chat breaks the rules for chat.")
        }
        return ChatMessagePayload(
            id: ChatMessageID(value: try uuid(0)), client: client, player: PlayerID(value: try uuid(2)),
            nickname: try nickname(3), text: line, sentAtMs: try int8(5))
    }
}

extension StoreFailure {
    init(_ error: PostgresError) { self.init(code: error.name, context: error.context) }
}
