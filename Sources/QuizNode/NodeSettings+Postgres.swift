internal import Foundation
package import QuizPostgres

/// Connections of the pools by purpose.
struct PoolSizes: Sendable, Hashable {
    var web: Int
    var content: Int
    var chat: Int
    var cluster: Int
}

extension NodeSettings {
    /// How PostgreSQL is reached, with the password from its file.
    package func postgresConfiguration() throws(SettingsFault) -> PostgresConfiguration {
        let password = try postgresPasswordFile.map { path throws(SettingsFault) in try SecretFile.text(path) }
        var configuration = PostgresConfiguration(conninfo: Self.conninfo(postgres, password: password))
        configuration.pooledConninfo = postgresPooler.map { Self.conninfo($0, password: password) }
        configuration.lanes = postgresLanes
        configuration.web.connections = postgresPools.web
        configuration.content.connections = postgresPools.content
        configuration.chat.connections = postgresPools.chat
        configuration.cluster.connections = postgresPools.cluster
        configuration.standbyRequired = postgresStandbyRequired
        return configuration
    }

    /// The connection string alone, for commands that need no pools.
    package func postgresConninfo() throws(SettingsFault) -> String { try postgresConfiguration().conninfo }

    private static func conninfo(_ given: String, password: String?) -> String {
        guard let password else { return given }
        let quoted = password.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "'", with: "\\'")
        return "\(given) password='\(quoted)'"
    }
}
