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

    /// The same for many lines of any rooms. A name that is twice among them is stored once, and both are told the same.
    private static let appendMany = PostgresStatement(
        "chat_append_many",
        """
        WITH line AS (
            SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::int8[])
                WITH ORDINALITY AS l (id, room, player, client, nickname, line, sent_at_ms, position)
        ), added AS (
            INSERT INTO chat_message (id, room, player, client, nickname, line, sent_at_ms)
            SELECT id, room, player, client, nickname, line, sent_at_ms FROM line ORDER BY position
            ON CONFLICT (room, player, client) DO NOTHING
            RETURNING id, client, player, nickname, line, sent_at_ms, room
        )
        SELECT * FROM added
        UNION ALL
        SELECT m.id, m.client, m.player, m.nickname, m.line, m.sent_at_ms, m.room
        FROM line l JOIN chat_message m ON m.room = l.room AND m.player = l.player AND m.client = l.client
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

    package func append(_ lines: [ChatLine]) async -> [Result<ChatMessagePayload, StoreFailure>] {
        var lines = lines
        for position in lines.indices where lines[position].message.id == nil { lines[position].message.id = .random() }
        var stored = [ChatMessagePayload?](repeating: nil, count: lines.count)
        var failure = StoreFailure(code: "conflict", context: "The same line is being stored by somebody else.")
        do throws(StoreFailure) {
            for _ in 0..<Self.attemptsMax {
                let left = lines.indices.filter { stored[$0] == nil }
                if left.isEmpty { break }
                let found = try await store(left.map { lines[$0] })
                for (position, message) in zip(left, found) { stored[position] = message }
            }
        } catch {
            failure = error
        }
        return stored.map { message in message.map { .success($0) } ?? .failure(failure) }
    }

    /// - Returns: for each line what is in the store under its name now; nil: nothing that can be seen yet.
    private func store(_ lines: [ChatLine]) async throws(StoreFailure) -> [ChatMessagePayload?] {
        let messages = lines.map(\.message)
        let ids = messages.compactMap(\.id)
        let parameters: [PostgresParameter] = [
            .uuids(ids), .uuids(lines.map(\.room)), .uuids(messages.map(\.player)),
            .texts(messages.map(\.client.text)), .texts(messages.map(\.nickname.text)),
            .texts(messages.map(\.text.text)), .int8s(messages.map(\.sentAtMs)),
        ]
        do throws(PostgresError) {
            return try await pool.query(Self.appendMany, parameters) { result throws(PostgresError) in
                let positions = Dictionary(zip(ids, ids.indices)) { first, _ in first }
                var stored = [ChatMessagePayload?](repeating: nil, count: lines.count)
                var others: [LineName: ChatMessagePayload] = [:]
                for row in result.rows {
                    // Nearly all come back as they went, and need not be read again.
                    if let position = positions[ChatMessageID(value: try row.uuid(0))] {
                        stored[position] = messages[position]
                    } else {
                        let line = ChatLine(room: RoomID(value: try row.uuid(6)), message: try row.chatMessage())
                        others[LineName(line)] = line.message
                    }
                }
                guard stored.contains(where: { $0 == nil }) else { return stored }
                for (line, message) in zip(lines, stored) where message != nil { others[LineName(line)] = message }
                return zip(lines, stored).map { line, message in message ?? others[LineName(line)] }
            }
        } catch {
            throw StoreFailure(error)
        }
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

/// What a line is known by when it comes again.
private struct LineName: Hashable {
    let room: RoomID
    let player: PlayerID
    let client: ClientID

    init(_ line: ChatLine) {
        room = line.room
        player = line.message.player
        client = line.message.client
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
