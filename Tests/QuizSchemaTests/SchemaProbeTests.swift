import Foundation
import QuizModel
import QuizWire
import Testing

struct SchemaProbeTests {
    /// Everything that travels.
    static var payloads: [any WirePayload.Type] {
        var types: [any WirePayload.Type] = [HandshakeAuth.self, Refused.self, ErrorResponse.self]
        types += ServerEventName.allCases.map(\.payload)
        types += ClientEventName.allCases.flatMap { [$0.command, $0.ack] }
        types += APIRoute.allCases.map(\.endpoint).flatMap { [$0.request, $0.response] }
        return types
    }

    @Test func `every payload encodes exactly the fields its schema says`() throws {
        for type in Self.payloads { try check(type) }
    }

    private func check<Payload: WirePayload>(_ type: Payload.Type) throws {
        let probe = SchemaProbe()
        guard case .reference(let name) = try probe.describe(type),
            case .object(let properties) = probe.definitions[name]
        else {
            Issue.record("\(type) is no object")
            return
        }
        let full = try keys(of: probe.example(of: type, full: true))
        let least = try keys(of: probe.example(of: type, full: false))
        #expect(full == Set(properties.map(\.name)), "\(type)")
        #expect(least == Set(properties.filter { !$0.isOptional }.map(\.name)), "\(type)")
        let bytes = try WireJSON.bytes(try probe.example(of: type, full: true))
        #expect(try WireJSON.decode(type, from: bytes) == probe.example(of: type, full: true), "\(type)")
    }

    private func keys(of value: some Encodable) throws -> Set<String> {
        let object = try JSONSerialization.jsonObject(with: Data(try WireJSON.bytes(value))) as? [String: Any]
        return Set(try #require(object).keys)
    }

    @Test func `types are described by what they are`() throws {
        let probe = SchemaProbe()
        try probe.describe(RoomStatePayload.self)
        #expect(probe.definitions["RoomPhase"] == .enumeration(RoomPhase.allCases.map(\.rawValue)))
        #expect(probe.definitions["PlayerID"] == .uuid)
        #expect(probe.definitions["RoomInstant"] == .roomInstant)
        #expect(
            probe.definitions["Nickname"] == .text(rule: Nickname.rule, length: Nickname.lengthBounds, pattern: nil))
        guard case .object(let properties) = probe.definitions["GameView"] else {
            Issue.record("GameView is an object")
            return
        }
        #expect(properties.first { $0.name == "index" }?.isOptional == false)
        #expect(
            properties.first { $0.name == "question" }
                == PropertySchema(name: "question", type: .reference("QuestionPayload"), isOptional: true))
    }

    @Test func `an acknowledgement is its fields beside ok`() throws {
        let probe = SchemaProbe()
        let example = try probe.example(of: Accepted<RoomCreatedAck>.self, full: true)
        #expect(try keys(of: example) == ["ok", "room", "code", "redirect"])
    }

    @Test func `every note names a property that exists`() throws {
        let probe = SchemaProbe()
        func describe<Payload: WirePayload>(_ type: Payload.Type) throws { try probe.describe(type) }
        for type in Self.payloads { try describe(type) }
        for note in SchemaNotes.properties {
            let parts = note.split(separator: ".").map(String.init)
            guard case .object(let properties) = probe.definitions[parts[0]] else {
                Issue.record("\(note): no such type")
                continue
            }
            #expect(properties.contains { $0.name == parts[1] }, "\(note)")
        }
    }

    @Test func `names of events are said once`() {
        #expect(Set(ServerEventName.allCases.map(\.rawValue)).count == ServerEventName.allCases.count)
        for event in ServerEventName.allCases where event.eventClass == .game {
            #expect("\(event.payload)".hasSuffix("Payload"))
        }
    }
}
