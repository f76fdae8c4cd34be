internal import Crypto

/// One step of the schema: a file `M<number>_<name>.sql` under `Migrations`, compiled in.
///
/// Its first line says `-- expand` when nodes of the version before can go on working with the schema it leaves, else
/// `-- contract`. Once released a file never changes.
package struct Migration: Sendable, Hashable {
    package var number: Int
    package var name: String
    package var sql: String

    package init(number: Int, name: String, sql: String) {
        self.number = number
        self.name = name
        self.sql = sql
    }

    package var isExpandOnly: Bool { sql.hasPrefix("-- expand\n") }

    /// SHA-256 of the file; 32 bytes.
    package var checksum: [UInt8] { Array(SHA256.hash(data: Array(sql.utf8))) }

    /// All of them, ascending from 1 without a gap.
    package static let all = [
        Migration(number: 1, name: "rooms", embedded: PackageResources.M0001_rooms_sql),
        Migration(number: 2, name: "people", embedded: PackageResources.M0002_people_sql),
        Migration(number: 3, name: "questions", embedded: PackageResources.M0003_questions_sql),
        Migration(number: 4, name: "cluster", embedded: PackageResources.M0004_cluster_sql),
        Migration(number: 5, name: "retention", embedded: PackageResources.M0005_retention_sql),
    ]

    private init(number: Int, name: String, embedded: [UInt8]) {
        self.init(number: number, name: name, sql: String(decoding: embedded, as: UTF8.self))
    }
}
