import QuizModel
import QuizSocial
import Testing

/// What every `ChatStore` does.
enum ChatStoreConformance {
    typealias Rule = ConformanceRule<any ChatStore>

    static func line(room: RoomID, player: PlayerID = .random(), client: String, text: String = "Hello, 🦊") throws
        -> ChatLine
    {
        let message = ChatMessagePayload(
            id: nil, client: try #require(ClientID(client)), player: player, nickname: try #require(Nickname("Ada")),
            text: try #require(ChatText(text)), sentAtMs: 1_234)
        return ChatLine(room: room, message: message)
    }

    static let rules: [Rule] = [
        Rule("a line is stored under its id") { store in
            let line = try line(room: .random(), client: "a")
            let id = ChatMessageID.random()
            var expected = line.message
            expected.id = id
            #expect(try await store.append(line, id: id) == expected)
            #expect(try await store.page(room: line.room, before: nil, limit: 10) == [expected])
        },
        Rule("a line sent again gives the first one back") { store in
            let room = RoomID.random()
            let player = PlayerID.random()
            let first = try await store.append(try line(room: room, player: player, client: "a"), id: .random())
            let again = try await store.append(
                try line(room: room, player: player, client: "a", text: "Other"), id: .random())
            #expect(again == first)
            _ = try await store.append(try line(room: room, client: "a"), id: .random())
            #expect(try await store.page(room: room, before: nil, limit: 10).count == 2)
        },
        Rule("a line sent twice at once is stored once") { store in
            let line = try line(room: .random(), client: "a")
            let stored = try await withThrowingTaskGroup(of: ChatMessagePayload.self) { group in
                for _ in 0..<8 { group.addTask { try await store.append(line, id: .random()) } }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(stored.count == 1)
        },
        Rule("lines stored together are stored as if one after the other") { store in
            let (room, player) = (RoomID.random(), PlayerID.random())
            let first = try await store.append(try line(room: room, player: player, client: "a"), id: .random())
            let together = try ["a", "b", "c", "b"].map { client in
                var line = try line(room: room, player: player, client: client, text: "Together \(client)")
                line.message.id = .random()
                return line
            }
            let elsewhere = try line(room: .random(), player: player, client: "b")
            let stored = try await store.append(together + [elsewhere]).map { try $0.get() }
            #expect(stored[..<4].map(\.text.text) == [first.text.text, "Together b", "Together c", "Together b"])
            #expect(stored[0] == first)
            #expect(stored[3] == stored[1])
            #expect(stored[1].id == together[1].message.id)
            #expect(stored[4].text == elsewhere.message.text)
            #expect(try await store.page(room: room, before: nil, limit: 10) == [first, stored[1], stored[2]])
            #expect(await store.append([]).isEmpty)
        },
        Rule("pages go back from the newest, each oldest first") { store in
            let room = RoomID.random()
            var ids: [ChatMessageID?] = []
            for index in 0..<7 {
                ids.append(try await store.append(try line(room: room, client: "c\(index)"), id: .random()).id)
            }
            let newest = try await store.page(room: room, before: nil, limit: 3)
            #expect(newest.map(\.id) == Array(ids[4...]))
            #expect(try await store.page(room: room, before: ids[4], limit: 3).map(\.id) == Array(ids[1..<4]))
            #expect(try await store.page(room: room, before: ids[0], limit: 3).isEmpty)
            #expect(try await store.page(room: room, before: .random(), limit: 3).isEmpty)
        },
    ]
}

/// What every `AccountStore` does.
enum AccountStoreConformance {
    typealias Rule = ConformanceRule<any AccountStore>

    private static func digest(_ byte: UInt8) -> [UInt8] { [UInt8](repeating: byte, count: 32) }

    /// A guest with a token.
    private static func guest(in store: any AccountStore, expiresAtMs: Int64 = 100) async throws -> PlayerID {
        let player = PlayerID.random()
        try await store.createGuest(player: player, nickname: try #require(Nickname("Ada")))
        try await store.saveRefresh(
            RefreshRecord(tokenDigest: digest(1), family: .max - 1, player: player, expiresAtMs: expiresAtMs))
        return player
    }

    static let rules: [Rule] = [
        Rule("a token is rotated once, under the name of now") { store in
            let player = try await guest(in: store)
            let name = try #require(Nickname("Grace"))
            try await store.rename(player: player, nickname: name)
            let first = try await store.rotateRefresh(old: digest(1), new: digest(2), nowMs: 1, expiresAtMs: 200)
            #expect(first == .rotated(player: player, nickname: name, family: .max - 1))
            let second = try await store.rotateRefresh(old: digest(2), new: digest(3), nowMs: 150, expiresAtMs: 300)
            #expect(second == .rotated(player: player, nickname: name, family: .max - 1))
        },
        Rule("a guest is made together with its first token") { store in
            let (player, name) = (PlayerID.random(), try #require(Nickname("Ada")))
            let token = RefreshRecord(tokenDigest: digest(1), family: 7, player: player, expiresAtMs: 100)
            try await store.createGuest(player: player, nickname: name, refresh: token)
            // Again, as after an answer that was lost.
            try await store.createGuest(player: player, nickname: name, refresh: token)
            let rotated = try await store.rotateRefresh(old: digest(1), new: digest(2), nowMs: 1, expiresAtMs: 200)
            #expect(rotated == .rotated(player: player, nickname: name, family: 7))
        },
        Rule("a rotated token that comes back revokes its family") { store in
            let player = try await guest(in: store)
            _ = try await store.rotateRefresh(old: digest(1), new: digest(2), nowMs: 1, expiresAtMs: 200)
            #expect(
                try await store.rotateRefresh(old: digest(1), new: digest(9), nowMs: 1, expiresAtMs: 200)
                    == .reused(player: player))
            #expect(
                try await store.rotateRefresh(old: digest(2), new: digest(3), nowMs: 1, expiresAtMs: 200)
                    == .reused(player: player))
            #expect(
                try await store.rotateRefresh(old: digest(9), new: digest(3), nowMs: 1, expiresAtMs: 200) == .unknown)
        },
        Rule("of two rotations of one token at once one succeeds") { store in
            let player = try await guest(in: store)
            let answers = try await withThrowingTaskGroup(of: RefreshRotation.self) { group in
                for byte in 10..<14 as Range<UInt8> {
                    group.addTask {
                        try await store.rotateRefresh(old: digest(1), new: digest(byte), nowMs: 1, expiresAtMs: 200)
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.count { $0 == .reused(player: player) } == 3)
            for byte in 10..<14 as Range<UInt8> {
                let next = try await store.rotateRefresh(
                    old: digest(byte), new: digest(byte + 20), nowMs: 1, expiresAtMs: 200)
                #expect(next == .reused(player: player) || next == .unknown)
            }
        },
        Rule("an expired or unknown token is unknown") { store in
            _ = try await guest(in: store)
            #expect(
                try await store.rotateRefresh(old: digest(1), new: digest(2), nowMs: 100, expiresAtMs: 200) == .unknown)
            #expect(
                try await store.rotateRefresh(old: digest(8), new: digest(2), nowMs: 1, expiresAtMs: 200) == .unknown)
        },
        Rule("signing out revokes the family") { store in
            let player = try await guest(in: store)
            _ = try await store.rotateRefresh(old: digest(1), new: digest(2), nowMs: 1, expiresAtMs: 200)
            #expect(try await store.revokeRefresh(tokenDigest: digest(2)) == player)
            #expect(try await store.revokeRefresh(tokenDigest: digest(7)) == nil)
            #expect(
                try await store.rotateRefresh(old: digest(2), new: digest(3), nowMs: 1, expiresAtMs: 200)
                    == .reused(player: player))
        },
        Rule("a player nobody made has no name to change") { store in
            let name = try #require(Nickname("Ada"))
            await #expect(throws: StoreFailure.self) { try await store.rename(player: .random(), nickname: name) }
        },
    ]
}

/// What every `RevocationStore` does.
enum RevocationStoreConformance {
    typealias Rule = ConformanceRule<any RevocationStore>

    static let rules: [Rule] = [
        Rule("a mark is found and only ever reaches further") { store in
            let player = PlayerID.random()
            #expect(try await store.revokedBefore(player: player) == nil)
            try await store.revoke(player: player, issuedBeforeMs: 50, untilMs: 500)
            try await store.revoke(player: player, issuedBeforeMs: 40, untilMs: 600)
            #expect(try await store.revokedBefore(player: player) == 50)
            let marks = try await store.revocations(nowMs: 599).filter { $0.player == player }
            #expect(marks.map(\.issuedBeforeMs) == [50] && marks.map(\.untilMs) == [600])
        },
        Rule("marks that have run out are not listed") { store in
            let player = PlayerID.random()
            try await store.revoke(player: player, issuedBeforeMs: 50, untilMs: 500)
            #expect(try await store.revocations(nowMs: 500).allSatisfy { $0.player != player })
        },
    ]
}
