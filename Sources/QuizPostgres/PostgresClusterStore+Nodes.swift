internal import Foundation
package import QuizCluster
package import QuizRoomHost

/// Which process is which node.
extension PostgresClusterStore {
    private static let register = PostgresStatement(
        "node_register",
        """
        WITH forgotten AS (
            DELETE FROM cluster_node n
            WHERE n.seen_at < now() - interval '1 hour' AND n.incarnation <> $1::uuid
                AND NOT EXISTS (SELECT 1 FROM shard_fence f WHERE f.owner = n.incarnation)
        )
        INSERT INTO cluster_node (incarnation, announcement) VALUES ($1::uuid, $2::text)
        ON CONFLICT (incarnation) DO UPDATE SET announcement = excluded.announcement, seen_at = now()
        """)

    private static let registered = PostgresStatement(
        "nodes_registered", "SELECT announcement FROM cluster_node ORDER BY incarnation")

    package func register(_ node: NodeAnnouncement) async throws(JournalFailure) {
        // Strings, integers and Booleans always encode.
        guard let text = try? JSONEncoder().encode(node) else { return }
        let parameters: [PostgresParameter] = [
            .uuid(node.incarnation), .text(String(decoding: text, as: UTF8.self)),
        ]
        _ = try await query(Self.register, parameters) { _ in true }
    }

    package func registered() async throws(JournalFailure) -> [NodeAnnouncement] {
        try await query(Self.registered) { result throws(PostgresError) in
            var nodes: [NodeAnnouncement] = []
            for row in result.rows {
                let text = try row.text(0)
                // What another version has written and this one cannot read is as if it were not there.
                if let node = try? JSONDecoder().decode(NodeAnnouncement.self, from: Data(text.utf8)) {
                    nodes.append(node)
                }
            }
            return nodes
        }
    }
}
