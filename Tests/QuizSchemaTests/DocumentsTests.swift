import Foundation
import QuizModel
import QuizWire
import Testing

struct DocumentsTests {
    private func object(_ document: DocumentValue) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(document.text.utf8)) as? [String: Any])
    }

    /// Every `$ref` in a document.
    private func references(in value: Any) -> Set<String> {
        switch value {
        case let object as [String: Any]:
            object.reduce(into: []) { found, member in
                if member.key == "$ref", let target = member.value as? String {
                    found.insert(target)
                } else {
                    found.formUnion(references(in: member.value))
                }
            }
        case let array as [Any]: array.reduce(into: []) { $0.formUnion(references(in: $1)) }
        default: []
        }
    }

    private func resolves(_ reference: String, in document: [String: Any]) -> Bool {
        var value: Any? = document
        for part in reference.dropFirst(2).split(separator: "/") { value = (value as? [String: Any])?[String(part)] }
        return reference.hasPrefix("#/") && value != nil
    }

    @Test func `every reference of the documents leads somewhere`() throws {
        for document in [try OpenAPIDocument.make(), try AsyncAPIDocument.make()] {
            let object = try object(document)
            let references = references(in: object)
            #expect(references.count > 10)
            for reference in references { #expect(resolves(reference, in: object), "\(reference)") }
        }
    }

    @Test func `the OpenAPI document has every operation with its bodies and errors`() throws {
        let document = try object(OpenAPIDocument.make())
        #expect(document["openapi"] as? String == "3.1.0")
        let paths = try #require(document["paths"] as? [String: [String: [String: Any]]])
        for endpoint in APIRoute.allCases.map(\.endpoint) {
            let operation = try #require(paths[endpoint.path]?[endpoint.verb.rawValue.lowercased()])
            #expect(operation["operationId"] as? String == endpoint.route.rawValue)
            #expect((operation["requestBody"] != nil) == endpoint.hasRequestBody)
            let responses = try #require(operation["responses"] as? [String: Any])
            #expect(responses[String(endpoint.status)] != nil)
            for status in endpoint.errorStatuses.keys { #expect(responses[String(status)] != nil) }
        }
    }

    @Test func `the AsyncAPI document has every event with its class and every command with its reply`() throws {
        let document = try object(AsyncAPIDocument.make())
        #expect(document["asyncapi"] as? String == "3.0.0")
        let operations = try #require(document["operations"] as? [String: [String: Any]])
        let components = try #require(document["components"] as? [String: [String: Any]])
        for event in ServerEventName.allCases {
            let key = event.rawValue.replacing(":", with: ".")
            #expect(operations["send." + key]?["action"] as? String == "send")
            let message = components["messages"]?[key] as? [String: Any]
            #expect(message?["x-event-class"] as? String == event.eventClass.rawValue)
        }
        for event in ClientEventName.allCases {
            #expect(operations["receive." + event.rawValue.replacing(":", with: ".")]?["reply"] != nil)
        }
        for key in (components["messages"] ?? [:]).keys { #expect(key.wholeMatch(of: /[\w.\-]+/) != nil) }
    }

    @Test func `the TypeScript module has the types as the web client reads them`() throws {
        let text = try TypeScriptModule.make()
        for line in [
            "export type PlayerID = string;", "export type RoomInstant = number;",
            "export type RetryAdvice = false | number;",
            "export type QuestionKind = \"single\" | \"multiple\" | \"boolean\";",
            "  host?: PlayerID;", "  members: MemberView[];", "export type DoneAck = Record<string, never>;",
            "  \"room:state\": RoomStatePayload;",
            "  \"room:create\": { command: CreateRoomCommand; ack: RoomCreatedAck };",
            "  ok: false;",
            "  \"POST /api/session/guest\": { request: GuestSignInRequest; response: SessionResponse };",
        ] {
            #expect(text.split(separator: "\n").contains(Substring(line)), "\(line)")
        }
    }

    @Test func `documents are the same however often they are made`() throws {
        #expect(try OpenAPIDocument.make().text == OpenAPIDocument.make().text)
        #expect(try AsyncAPIDocument.make().text == AsyncAPIDocument.make().text)
        #expect(try TypeScriptModule.make() == TypeScriptModule.make())
    }

    @Test func `decoding errors say where and why`() {
        func sentence<Value: Decodable>(_ type: Value.Type, _ json: String) -> String? {
            do throws(Rejection) {
                _ = try WireJSON.decode(type, from: Array(json.utf8))
                return nil
            } catch {
                return error.message
            }
        }
        let broken = "The body is not valid JSON, or a number in it is not whole or out of range."
        #expect(sentence(AnswerCommand.self, #"{"question":0,"choice":"x","id":"a"}"#) == "`choice`: must be an array.")
        #expect(
            sentence(AnswerCommand.self, #"{"question":0,"choice":[0,"x"],"id":"a"}"#)
                == "`choice[1]`: must be a whole number.")
        #expect(sentence(AnswerCommand.self, #"{"choice":[0],"id":"a"}"#) == "`question`: is missing.")
        #expect(sentence(AnswerCommand.self, #"{"question":1.5,"choice":[0],"id":"a"}"#) == broken)
        #expect(
            sentence(AnswerCommand.self, #"{"question":null,"choice":[0],"id":"a"}"#)
                == "`question`: must be a whole number, not null.")
        #expect(sentence(AnswerCommand.self, #"{"question":0,"choice":[0],"id":""}"#) == "`id`: \(ClientID.rule)")
        #expect(
            sentence(JoinRoomCommand.self, #"{"code":"2345678","role":"x"}"#)
                == "`role`: is not one of the known values.")
        #expect(sentence(JoinRoomCommand.self, "[]") == "The body must be an object.")
        #expect(sentence(JoinRoomCommand.self, "{") == broken)
        #expect(sentence(JoinRoomCommand.self, "") == broken)
        #expect(sentence(JoinRoomCommand.self, String(repeating: "[", count: 50_000)) == broken)
    }
}
