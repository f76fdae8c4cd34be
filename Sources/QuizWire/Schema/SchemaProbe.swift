internal import QuizModel

/// Finds out what types look like by decoding them from a decoder that has an answer to everything and writes down
/// what it was asked.
///
/// A type is therefore described by the very code that will read it: a renamed property, one made optional and a new
/// case of an enumeration all show without being told. Not thread-safe; make one where it is used.
package final class SchemaProbe {
    /// Every named type met so far.
    package private(set) var definitions: [String: TypeDefinition] = [:]
    /// Types being described, so that a type which contains itself comes to an end.
    private var underway: Set<String> = []

    package init() {}

    /// The shape of `type`; it and all types it is made of are in `definitions` afterwards.
    ///
    /// - Throws: `SchemaFailure` for a type that refuses every made-up value.
    @discardableResult
    package func describe<Value: Decodable>(_ type: Value.Type) throws -> TypeSchema {
        try visit(type).schema
    }

    /// A value of `type` with every field that may be there (`full`), or with the required ones only.
    ///
    /// - Throws: as `describe(_:)`.
    package func example<Value: Decodable>(of type: Value.Type, full: Bool) throws -> Value {
        leavesOut = !full
        defer { leavesOut = false }
        return try visit(type).example
    }

    /// True: optional fields are absent from the values made up.
    private(set) var leavesOut = false

    func isUnderway(_ type: any Any.Type) -> Bool { underway.contains(name(of: type)) }

    func visit<Value: Decodable>(_ type: Value.Type) throws -> (schema: TypeSchema, example: Value) {
        if let (schema, example) = primitive(type) {
            return (schema, try cast(example, to: type))
        }
        let name = name(of: type)
        if let (definition, example) = try wrapper(type) {
            definitions[name] = definition
            return (.reference(name), try cast(example, to: type))
        }
        let note = ProbeNote(owner: name)
        underway.insert(name)
        defer { underway.remove(name) }
        let example: Value
        do {
            example = try Value(from: ProbeDecoder(probe: self, note: note, codingPath: []))
        } catch let failure as SchemaFailure {
            throw failure
        } catch {
            throw SchemaFailure(
                type: name, reason: "it refuses a made-up value (\(error)); is it a CaseIterable enumeration?")
        }
        switch note.shape {
        case .nothing:
            definitions[name] = .object([])
            return (.reference(name), example)
        case .object(let properties):
            definitions[name] = .object(properties)
            return (.reference(name), example)
        case .array(let element):
            return (.array(of: element, count: nil), example)
        case .single(let schema):
            return (schema, example)
        }
    }

    /// The name without its module and without the `Optional<…>` around it.
    private func name(of type: any Any.Type) -> String { String(describing: type) }

    private func primitive(_ type: any Any.Type) -> (TypeSchema, Any)? {
        switch type {
        case is Bool.Type: (.boolean, true)
        case is String.Type: (.string(length: nil), "text")
        case is Double.Type: (.number, 1.5)
        case is Float.Type: (.number, Float(1.5))
        case is Int.Type: (.integer(nil), 1)
        case let integer as any FixedWidthInteger.Type: (.integer(nil), one(integer))
        default: nil
        }
    }

    private func one<Integer: FixedWidthInteger>(_ type: Integer.Type) -> Any { Integer(1) }

    /// Types whose decoding follows a rule of their own.
    private func wrapper(_ type: any Any.Type) throws -> (TypeDefinition, Any)? {
        switch type {
        case let text as any TextValue.Type:
            guard let example = self.example(of: text) else {
                throw SchemaFailure(type: name(of: type), reason: "no example text fits its rule.")
            }
            return (.text(rule: text.rule, length: text.lengthBounds, pattern: pattern(of: text)), example)
        case let identifier as any UniqueIdentifier.Type:
            return (.uuid, identifier.init(value: 1))
        case is RoomInstant.Type:
            return (.roomInstant, RoomInstant.zero)
        case is RetryAdvice.Type:
            return (.retryAdvice, RetryAdvice.never)
        case let enumeration as any CaseIterable.Type:
            guard let (names, first) = cases(of: enumeration) else { return nil }
            return (.enumeration(names), first)
        default:
            return nil
        }
    }

    private func example<Text: TextValue>(of type: Text.Type) -> Any? {
        // "2" is in every alphabet so far, the one of room codes included.
        Text(String(repeating: "2", count: Text.lengthBounds.lowerBound))
    }

    private func pattern(of type: any TextValue.Type) -> String? {
        switch type {
        case is RoomCode.Type: "^[\(String(decoding: RoomCode.alphabet, as: UTF8.self))]{\(RoomCode.length)}$"
        case is any StableName.Type: "^[A-Za-z0-9_.:-]{1,64}$"
        default: nil
        }
    }

    private func cases<Enumeration: CaseIterable>(of type: Enumeration.Type) -> (names: [String], first: Any)? {
        let names = type.allCases.compactMap { ($0 as? any RawRepresentable)?.rawValue as? String }
        guard names.count == type.allCases.count, let first = type.allCases.first else { return nil }
        return (names, first)
    }

    private func cast<Value>(_ example: Any, to type: Value.Type) throws -> Value {
        guard let value = example as? Value else {
            throw SchemaFailure(type: name(of: type), reason: "its example is of another type.")
        }
        return value
    }
}

/// What one type asked for.
final class ProbeNote {
    enum Shape {
        case nothing
        case object([PropertySchema])
        case array(TypeSchema)
        case single(TypeSchema)
    }

    /// The type's name, to look up what is known about its fields.
    let owner: String
    private(set) var shape = Shape.nothing

    init(owner: String) { self.owner = owner }

    func openObject() {
        if case .nothing = shape { shape = .object([]) }
    }

    func add(_ name: String, _ type: TypeSchema, isOptional: Bool) {
        guard case .object(var properties) = shape else { return }
        guard !properties.contains(where: { $0.name == name }) else { return }
        let known = SchemaNotes.refine(type, of: owner, property: name)
        properties.append(PropertySchema(name: name, type: known, isOptional: isOptional))
        shape = .object(properties)
    }

    func element(_ type: TypeSchema) { shape = .array(type) }
    func single(_ type: TypeSchema) { shape = .single(type) }
}
