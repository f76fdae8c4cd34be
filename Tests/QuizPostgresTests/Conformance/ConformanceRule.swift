import Testing

/// One rule every implementation of a port keeps; the same list runs against each of them.
struct ConformanceRule<Port: Sendable>: Sendable, CustomTestStringConvertible {
    let name: String
    let check: @Sendable (Port) async throws -> Void

    init(_ name: String, _ check: @escaping @Sendable (Port) async throws -> Void) {
        self.name = name
        self.check = check
    }

    var testDescription: String { name }
}
