internal import QuizModel

/// The AsyncAPI 3.0 document of the socket, generated from `ServerEventName`, `ClientEventName` and their types.
package enum AsyncAPIDocument {
    /// - Throws: `SchemaFailure` for a payload type that cannot be described.
    package static func make() throws -> DocumentValue {
        let probe = SchemaProbe()
        try probe.describe(Refused.self)
        var messages: [(String, DocumentValue)] = []
        var operations: [(String, DocumentValue)] = []

        messages.append(
            (
                "connect",
                [
                    "name": "connect", "summary": "The `auth` object of the Socket.IO handshake.",
                    "payload": JSONSchema.document(try probe.describe(HandshakeAuth.self)),
                ]
            ))
        operations.append(("receive.connect", operation("receive", "connect", "Opens a session.")))

        for event in ServerEventName.allCases {
            let key = key(event.rawValue)
            messages.append(
                (
                    key,
                    [
                        "name": .string(event.rawValue),
                        "summary": .string(event.summary),
                        "description": .string(
                            "Class `\(event.eventClass.rawValue)`. \(event.eventClass.promise) A string, the recovery offset, follows as last argument."
                        ),
                        "x-event-class": .string(event.eventClass.rawValue),
                        "payload": JSONSchema.document(try probe.describe(event.payload)),
                    ]
                ))
            operations.append(("send.\(key)", operation("send", key, event.summary)))
        }
        for event in ClientEventName.allCases {
            let key = key(event.rawValue)
            messages.append(
                (
                    key + ".command",
                    [
                        "name": .string(event.rawValue), "summary": .string(event.summary),
                        "payload": JSONSchema.document(try probe.describe(event.command)),
                    ]
                ))
            messages.append(
                (
                    key + ".ack",
                    [
                        "name": .string(event.rawValue + " acknowledgement"),
                        "payload": acknowledgement(try probe.describe(event.ack)),
                    ]
                ))
            let reply: DocumentValue = [
                "channel": ["$ref": "#/channels/socket"],
                "messages": [["$ref": "#/channels/socket/messages/\(key).ack"]],
            ]
            operations.append(
                ("receive.\(key)", operation("receive", key + ".command", event.summary).adding("reply", reply)))
        }
        return [
            "asyncapi": "3.0.0",
            "info": [
                "title": "QuizMania socket", "version": .string(EventCatalog.version),
                "description": "Events over Socket.IO v5 (Engine.IO v4). Any stock client works.",
                "license": ["name": "Apache-2.0"],
            ],
            "defaultContentType": "application/json",
            "channels": [
                "socket": [
                    "address": .string(EventCatalog.path), "title": "Socket.IO, namespace /",
                    "messages": .object(messages.map { ($0.0, ["$ref": "#/components/messages/\($0.0)"]) }),
                ]
            ],
            "operations": .object(operations),
            "components": [
                "messages": .object(messages), "schemas": JSONSchema.components(of: probe.definitions),
            ],
        ]
    }

    /// Keys of components must not hold a colon.
    private static func key(_ event: String) -> String { event.replacing(":", with: ".") }

    private static func operation(_ action: String, _ message: String, _ summary: String) -> DocumentValue {
        [
            "action": .string(action), "summary": .string(summary), "channel": ["$ref": "#/channels/socket"],
            "messages": [["$ref": "#/channels/socket/messages/\(message)"]],
        ]
    }

    private static func acknowledgement(_ ack: TypeSchema) -> DocumentValue {
        let accepted: DocumentValue = [
            "type": "object", "properties": ["ok": ["type": "boolean", "const": true]], "required": ["ok"],
        ]
        return ["oneOf": [["allOf": [accepted, JSONSchema.document(ack)]], JSONSchema.reference("Refused")]]
    }
}
