/// The shape of a value, as its own decoder asks for it.
package indirect enum TypeSchema: Hashable, Sendable {
    case boolean
    /// Always this value.
    case booleanConstant(Bool)
    /// A whole number within 64 bits, and narrower bounds where they are known.
    case integer(ClosedRange<Int>?)
    case number
    /// Bounds in characters where they are known.
    case string(length: ClosedRange<Int>?)
    /// At most so many elements where that is known.
    case array(of: TypeSchema, count: ClosedRange<Int>?)
    /// A named type of the protocol.
    case reference(String)
}

/// What a named type is.
package enum TypeDefinition: Hashable, Sendable {
    case object([PropertySchema])
    /// The raw values of an enumeration.
    case enumeration([String])
    /// A text with a rule; bounds in Unicode scalars; a regular expression where the rule is one.
    case text(rule: String, length: ClosedRange<Int>, pattern: String?)
    case uuid
    /// Whole milliseconds of a room's clock.
    case roomInstant
    /// `false` or a number of milliseconds.
    case retryAdvice
}

/// A field of an object.
package struct PropertySchema: Hashable, Sendable {
    package var name: String
    package var type: TypeSchema
    /// True: the field is left out rather than null.
    package var isOptional: Bool

    package init(name: String, type: TypeSchema, isOptional: Bool) {
        self.name = name
        self.type = type
        self.isOptional = isOptional
    }
}

/// A type that cannot be described.
package struct SchemaFailure: Error, Sendable, Hashable, CustomStringConvertible {
    package var type: String
    package var reason: String

    package init(type: String, reason: String) {
        self.type = type
        self.reason = reason
    }

    package var description: String { "\(type): \(reason)" }
}
