import Foundation
import QuizModel
import Testing

@Suite struct IdentifierTests {
    @Test func `an identifier is written as a lower-case UUID and read back`() {
        let room = RoomID(value: 0x0123_4567_89AB_CDEF_0011_2233_4455_66FF)
        #expect(room.description == "01234567-89ab-cdef-0011-2233445566ff")
        #expect(RoomID(room.description) == room)
        #expect(RoomID(room.description.uppercased()) == room)
        #expect(RoomID(value: 0).description == "00000000-0000-0000-0000-000000000000")
        #expect(RoomID(RoomID(value: .max).description) == RoomID(value: .max))
    }

    @Test(arguments: [
        "", "01234567-89ab-cdef-0011-2233445566f", "01234567-89ab-cdef-0011-2233445566ff0",
        "0123456789abcdef00112233445566ff",
        "0123456789ab--cdef-0011-2233445566ff", "g1234567-89ab-cdef-0011-2233445566ff",
        "{1234567-89ab-cdef-0011-2233445566f}",
        "01234567-89ab-cdef-0011-2233445566é", " 1234567-89ab-cdef-0011-2233445566ff",
    ])
    func `anything else is no identifier`(text: String) {
        #expect(PlayerID(text) == nil)
    }

    @Test func `random identifiers are random UUIDs of version 4`() throws {
        var seen: Set<GameID> = []
        var (always, ever): (UInt128, UInt128) = (.max, 0)
        for _ in 0..<1_000 {
            let id = GameID.random()
            let uuid = try #require(UUID(uuidString: id.description))
            #expect(uuid.uuid.6 >> 4 == 4)
            #expect(uuid.uuid.8 >> 6 == 0b10)
            #expect(seen.insert(id).inserted)
            always &= id.value
            ever |= id.value
        }
        #expect(always == UInt128(4) << 76 | UInt128(0b10) << 62)
        #expect(ever == .max & ~(UInt128(0b1011) << 76) & ~(UInt128(1) << 62))
    }

    @Test func `identifiers sort as their text does`() {
        let ids = (0..<200).map { _ in PlayerID.random() }
        #expect(ids.sorted().map(\.description) == ids.map(\.description).sorted())
    }

    @Test func `identifiers are JSON strings, and other JSON is refused`() throws {
        let id = ChatMessageID.random()
        let json = try JSONEncoder().encode([id])
        #expect(String(decoding: json, as: UTF8.self) == "[\"\(id)\"]")
        #expect(try JSONDecoder().decode([ChatMessageID].self, from: json) == [id])
        for bad in ["[\"x\"]", "[1]", "[null]"] {
            #expect(throws: DecodingError.self) { try JSONDecoder().decode([ChatMessageID].self, from: Data(bad.utf8)) }
        }
    }
}
