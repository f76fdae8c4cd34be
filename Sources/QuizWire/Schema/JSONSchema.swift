/// JSON Schema (draft 2020-12), the dialect of OpenAPI 3.1 and AsyncAPI 3.0.
enum JSONSchema {
    static func reference(_ name: String) -> DocumentValue { ["$ref": "#/components/schemas/\(name)"] }

    static func document(_ type: TypeSchema) -> DocumentValue {
        switch type {
        case .boolean: ["type": "boolean"]
        case .booleanConstant(let value): ["type": "boolean", "const": .bool(value)]
        case .integer(nil): ["type": "integer", "format": "int64"]
        case .integer(let bounds?):
            ["type": "integer", "minimum": .integer(bounds.lowerBound), "maximum": .integer(bounds.upperBound)]
        case .number: ["type": "number"]
        case .string(nil): ["type": "string"]
        case .string(let length?): string(length: length)
        case .array(let element, nil): ["type": "array", "items": document(element)]
        case .array(let element, let count?):
            [
                "type": "array", "items": document(element), "minItems": .integer(count.lowerBound),
                "maxItems": .integer(count.upperBound),
            ]
        case .reference(let name): reference(name)
        }
    }

    static func document(_ definition: TypeDefinition) -> DocumentValue {
        switch definition {
        case .object(let properties): object(properties)
        case .enumeration(let names): ["type": "string", "enum": .array(names.map(DocumentValue.string))]
        case .text(let rule, let length, let pattern):
            string(length: length).adding("pattern", pattern.map(DocumentValue.string)).adding(
                "description", .string(rule))
        case .uuid: ["type": "string", "format": "uuid", "description": "128 random bits as a UUID."]
        case .roomInstant:
            [
                "type": "integer", "format": "int64",
                "description": "Milliseconds of the room's own clock, which stands still while the room is paused.",
            ]
        case .retryAdvice:
            [
                "description": "Milliseconds after which the same request may succeed; false: it will not.",
                "oneOf": [["type": "boolean", "const": false], ["type": "integer", "minimum": 0]],
            ]
        }
    }

    /// All definitions of a probe by name, for `components.schemas`.
    static func components(of definitions: [String: TypeDefinition]) -> DocumentValue {
        .object(definitions.sorted { $0.key < $1.key }.map { ($0.key, document($0.value)) })
    }

    private static func string(length: ClosedRange<Int>) -> DocumentValue {
        ["type": "string", "minLength": .integer(length.lowerBound), "maxLength": .integer(length.upperBound)]
    }

    private static func object(_ properties: [PropertySchema]) -> DocumentValue {
        let required = properties.filter { !$0.isOptional }.map { DocumentValue.string($0.name) }
        let schema: DocumentValue = [
            "type": "object", "properties": .object(properties.map { ($0.name, document($0.type)) }),
        ]
        return schema.adding("required", required.isEmpty ? nil : .array(required))
    }
}
