/// SQL with the name under which a connection prepares it.
package struct PostgresStatement: Sendable, Hashable {
    /// Unique among the adapter's statements.
    package let name: String
    /// Parameters as `$1::type`.
    package let sql: String

    init(_ name: String, _ sql: String) {
        self.name = name
        self.sql = sql
    }
}
