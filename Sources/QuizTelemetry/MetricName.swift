// Length: one line for a metric's name and one for its meaning; a table reads best in one place.

/// Every metric of the product, and the only place where a metric's name is written.
///
/// Names are `quizmania_<part>_<what>_<unit>[_total]` in base units (seconds, bytes). Labels come from closed sets:
/// never a player, a room or a path. Nothing a game keeps secret until its reveal may be counted here, nor anything it
/// can be inferred from.
package enum MetricName: String, Sendable, CaseIterable {
    // MARK: Gateway

    case gatewaySessionsOpen = "quizmania_gateway_sessions_open"
    case gatewaySessionsOpenedTotal = "quizmania_gateway_sessions_opened_total"
    case gatewaySessionsRecoveredTotal = "quizmania_gateway_sessions_recovered_total"
    case gatewaySessionsNotRecoveredTotal = "quizmania_gateway_sessions_not_recovered_total"
    case gatewayConnectionsOpen = "quizmania_gateway_connections_open"
    case gatewayReceivedBytesTotal = "quizmania_gateway_received_bytes_total"
    case gatewaySentBytesTotal = "quizmania_gateway_sent_bytes_total"
    case gatewayEventsReceivedTotal = "quizmania_gateway_events_received_total"
    case gatewayEventsSentTotal = "quizmania_gateway_events_sent_total"
    case gatewayEventsDroppedTotal = "quizmania_gateway_events_dropped_total"
    case gatewayEventsRefusedTotal = "quizmania_gateway_events_refused_total"
    case gatewayLatencySuspectsTotal = "quizmania_gateway_latency_suspects_total"
    case gatewayHandshakesRefusedTotal = "quizmania_gateway_handshakes_refused_total"
    case gatewayRedirectsOfferedTotal = "quizmania_gateway_redirects_offered_total"
    case gatewayTicketsTotal = "quizmania_gateway_tickets_total"

    // MARK: Rooms

    case roomsLive = "quizmania_rooms_live"
    case roomsSaving = "quizmania_rooms_saving"
    case roomsQuarantined = "quizmania_rooms_quarantined"
    case roomsCreatedTotal = "quizmania_rooms_created_total"
    case roomsClosedTotal = "quizmania_rooms_closed_total"
    case roomInputsAppliedTotal = "quizmania_room_inputs_applied_total"
    case roomInputsRejectedTotal = "quizmania_room_inputs_rejected_total"
    case roomAckSeconds = "quizmania_room_ack_seconds"
    case roomGamesFinishedTotal = "quizmania_room_games_finished_total"

    // MARK: Journal

    case journalBatchesTotal = "quizmania_journal_batches_total"
    case journalRowsTotal = "quizmania_journal_rows_total"
    case journalCommitSeconds = "quizmania_journal_commit_seconds"
    case journalBatchRows = "quizmania_journal_batch_rows"
    case journalBacklogRows = "quizmania_journal_backlog_rows"
    case journalBacklogBytes = "quizmania_journal_backlog_bytes"
    case journalAppendsRefusedTotal = "quizmania_journal_appends_refused_total"
    case journalBusyTotal = "quizmania_journal_busy_total"
    case journalSnapshotsTotal = "quizmania_journal_snapshots_total"
    case journalShardsLostTotal = "quizmania_journal_shards_lost_total"
    case journalLostCommitsTotal = "quizmania_journal_lost_commits_total"

    // MARK: Retention

    case retentionRemovedRowsTotal = "quizmania_retention_removed_rows_total"
    case retentionRemovedBytesTotal = "quizmania_retention_removed_bytes_total"
    case retentionFoldedRoomsTotal = "quizmania_retention_folded_rooms_total"
    case retentionRefusedRooms = "quizmania_retention_refused_rooms"
    case retentionOldestSeconds = "quizmania_retention_oldest_seconds"
    case retentionPassSeconds = "quizmania_retention_pass_seconds"

    // MARK: Recovery

    case recoveryRoomsTotal = "quizmania_recovery_rooms_total"
    case recoverySeconds = "quizmania_recovery_seconds"

    // MARK: Cluster

    case clusterNodesAlive = "quizmania_cluster_nodes_alive"
    case clusterShardsOwned = "quizmania_cluster_shards_owned"
    case clusterCoordinator = "quizmania_cluster_coordinator"
    case clusterSettled = "quizmania_cluster_settled"
    case clusterShardMovesTotal = "quizmania_cluster_shard_moves_total"
    case clusterShardsReceivedTotal = "quizmania_cluster_shards_received_total"
    case clusterHandOffSeconds = "quizmania_cluster_hand_off_seconds"
    case clusterTakeOverSeconds = "quizmania_cluster_take_over_seconds"
    case clusterRemoteSessions = "quizmania_cluster_remote_sessions"

    // MARK: Stores

    case chatLinesStoredTotal = "quizmania_chat_lines_stored_total"
    case chatStoreFailuresTotal = "quizmania_chat_store_failures_total"

    // MARK: Redis

    case redisConnected = "quizmania_redis_connected"
    case redisConnectsTotal = "quizmania_redis_connects_total"
    case redisCommandsTotal = "quizmania_redis_commands_total"
    case redisErrorsTotal = "quizmania_redis_errors_total"
    case redisCommandSeconds = "quizmania_redis_command_seconds"
    case redisQueuedCommands = "quizmania_redis_queued_commands"
    case redisRedirectsTotal = "quizmania_redis_redirects_total"
    case redisGenerationsTotal = "quizmania_redis_generations_total"

    // MARK: Mesh

    case meshLinksUp = "quizmania_mesh_links_up"
    case meshLinksOpenedTotal = "quizmania_mesh_links_opened_total"
    case meshLinksClosedTotal = "quizmania_mesh_links_closed_total"
    case meshHellosRefusedTotal = "quizmania_mesh_hellos_refused_total"
    case meshReceivedFramesTotal = "quizmania_mesh_received_frames_total"
    case meshReceivedBytesTotal = "quizmania_mesh_received_bytes_total"
    case meshSentFramesTotal = "quizmania_mesh_sent_frames_total"
    case meshSentBytesTotal = "quizmania_mesh_sent_bytes_total"
    case meshBacklogBytes = "quizmania_mesh_backlog_bytes"
    case meshMessagesSkippedTotal = "quizmania_mesh_messages_skipped_total"
    case meshMessagesUnsendableTotal = "quizmania_mesh_messages_unsendable_total"
    case meshRoundTripSeconds = "quizmania_mesh_round_trip_seconds"

    // MARK: Doors

    case rateLimitRefusedTotal = "quizmania_rate_limit_refused_total"
    case rateLimitLocalTotal = "quizmania_rate_limit_local_total"

    // MARK: The node itself

    case nodeUp = "quizmania_node_up"
    case nodeLoopLagSeconds = "quizmania_node_loop_lag_seconds"
    case nodeHeartbeatFailuresTotal = "quizmania_node_heartbeat_failures_total"
    case nodeOverloadLevel = "quizmania_node_overload_level"
    case nodeOverloadRefusedTotal = "quizmania_node_overload_refused_total"
    case nodeCPURatio = "quizmania_node_cpu_ratio"
    case nodeLoopLagMaxSeconds = "quizmania_node_loop_lag_max_seconds"
    case nodeMemoryBytes = "quizmania_node_memory_bytes"
    case nodeMemoryLimitBytes = "quizmania_node_memory_limit_bytes"
    case telemetrySeriesRefusedTotal = "quizmania_telemetry_series_refused_total"
}

/// What a metric is: its kind, the sentence of its HELP line and the one label it has, if any.
package struct MetricDefinition: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        /// Only goes up.
        case counter
        case gauge
        /// Upper bounds of the buckets, ascending, without infinity.
        case histogram([Double])
    }

    package let kind: Kind
    package let help: String
    package let label: String?

    static func counter(_ help: String, by label: String? = nil) -> Self {
        .init(kind: .counter, help: help, label: label)
    }
    static func gauge(_ help: String, by label: String? = nil) -> Self { .init(kind: .gauge, help: help, label: label) }
    static func seconds(_ help: String, by label: String? = nil) -> Self {
        .init(kind: .histogram(MetricBuckets.seconds), help: help, label: label)
    }
    static func sizes(_ help: String) -> Self { .init(kind: .histogram(MetricBuckets.sizes), help: help, label: nil) }
}

/// The bucket bounds in use.
package enum MetricBuckets {
    /// 0.5 ms to 10 s; the 50 ms, 200 ms and 500 ms in it are bounds the product promises something about.
    package static let seconds = [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2.5, 5, 10]
    /// 1 to 1,000, as a batch of the journal has.
    package static let sizes: [Double] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000]
}

extension MetricName {
    package var definition: MetricDefinition {
        switch self {
        case .gatewaySessionsOpen: .gauge("Sessions attached or within their recovery window.")
        case .gatewaySessionsOpenedTotal: .counter("Sessions made by a handshake.")
        case .gatewaySessionsRecoveredTotal: .counter("Sessions brought back with every event they had missed.")
        case .gatewaySessionsNotRecoveredTotal:
            .counter("Sessions that asked to be brought back and got the state instead.")
        case .gatewayConnectionsOpen: .gauge("Open connections by transport.", by: "transport")
        case .gatewayReceivedBytesTotal: .counter("Payload bytes read from clients.")
        case .gatewaySentBytesTotal: .counter("Bytes handed to the sockets of clients.")
        case .gatewayEventsReceivedTotal: .counter("Events read from clients.")
        case .gatewayEventsSentTotal: .counter("Events queued to clients, one for each receiver.")
        case .gatewayEventsDroppedTotal: .counter("Droppable events skipped for slow readers.")
        case .gatewayEventsRefusedTotal:
            .counter("Client events refused before they reached a room, by code.", by: "code")
        case .gatewayLatencySuspectsTotal:
            .counter("Connections that answer pings later than their network explains.")
        case .gatewayHandshakesRefusedTotal: .counter("Handshakes answered with an error, by reason.", by: "reason")
        case .gatewayRedirectsOfferedTotal: .counter("Clients told that their room is on another node.")
        case .gatewayTicketsTotal: .counter("Tickets of redirects that were shown here, by verdict.", by: "verdict")
        case .roomsLive: .gauge("Rooms on this node by phase.", by: "phase")
        case .roomsSaving: .gauge("Rooms whose clocks stand still because the journal does not answer.")
        case .roomsQuarantined:
            .gauge("Rooms stopped because their journal refused them twice or their replay did not agree.")
        case .roomsCreatedTotal: .counter("Rooms created.")
        case .roomsClosedTotal: .counter("Rooms closed.")
        case .roomInputsAppliedTotal: .counter("Inputs a room's machine accepted.")
        case .roomInputsRejectedTotal: .counter("Inputs a room's machine refused, by code.", by: "code")
        case .roomAckSeconds: .seconds("From reading an input to releasing its acknowledgement.")
        case .roomGamesFinishedTotal: .counter("Games played to the podium.")
        case .journalBatchesTotal: .counter("Batches sent to the journal by outcome.", by: "outcome")
        case .journalRowsTotal: .counter("Rows committed.")
        case .journalCommitSeconds: .seconds("From sending a batch to its outcome.")
        case .journalBatchRows: .sizes("Rows a batch.")
        case .journalBacklogRows: .gauge("Rows applied and not yet committed.")
        case .journalBacklogBytes: .gauge("Bytes applied and not yet committed.")
        case .journalAppendsRefusedTotal: .counter("Rooms' rows refused by the fence or for a missing predecessor.")
        case .journalBusyTotal: .counter("Inputs refused because a room or the node had too much uncommitted.")
        case .journalSnapshotsTotal: .counter("Snapshots stored.")
        case .journalShardsLostTotal: .counter("Shards this node lost to another term.")
        case .journalLostCommitsTotal: .counter("Inputs PostgreSQL had acknowledged and does not hold any more.")
        case .retentionRemovedRowsTotal: .counter("Rows removed because their time was over, by table.", by: "table")
        case .retentionRemovedBytesTotal: .counter("Bytes of inputs and snapshots that were folded away.")
        case .retentionFoldedRoomsTotal: .counter("Journals, or beginnings of them, that were folded.")
        case .retentionRefusedRooms:
            .gauge("Journals whose time is over and that do not give what is stored; they are kept.")
        case .retentionOldestSeconds: .gauge("How long ago the room closed whose journal has waited longest.")
        case .retentionPassSeconds: .seconds("One pass over everything that has run out.")
        case .recoveryRoomsTotal: .counter("Rooms loaded from the journal by outcome.", by: "outcome")
        case .recoverySeconds: .seconds("From taking shards to the last of their rooms being ready.")
        case .clusterNodesAlive: .gauge("Nodes this one takes for alive, itself included.")
        case .clusterShardsOwned: .gauge("Shards this node answers for.")
        case .clusterCoordinator: .gauge("1 while this node is the coordinator.")
        case .clusterSettled: .gauge("1 while the dead may be believed dead; 0 stops take-overs.")
        case .clusterShardMovesTotal: .counter("Shards that changed owner, as this node saw it.", by: "kind")
        case .clusterShardsReceivedTotal: .counter("Shards this node has become the owner of, by reason.", by: "reason")
        case .clusterHandOffSeconds: .seconds("How long rooms stood still while they were handed over.")
        case .clusterTakeOverSeconds: .seconds("From the fence to the last room of a dead node's shards.")
        case .clusterRemoteSessions: .gauge("Sessions in rooms here whose clients are connected elsewhere.")
        case .chatLinesStoredTotal: .counter("Chat lines stored.")
        case .chatStoreFailuresTotal: .counter("Chat lines the store did not take.")
        case .redisConnected: .gauge("1 while Redis is usable, in a cluster every part of it.")
        case .redisConnectsTotal: .counter("Connections to Redis that became usable.")
        case .redisCommandsTotal: .counter("Commands answered.")
        case .redisErrorsTotal: .counter("Commands that failed, by reason.", by: "reason")
        case .redisCommandSeconds: .seconds("From queueing a command to its reply.")
        case .redisQueuedCommands: .gauge("Commands queued or in flight.")
        case .redisRedirectsTotal:
            .counter("Commands that a server left to another one or to later, by reason.", by: "reason")
        case .redisGenerationsTotal: .counter("Times this node found Redis emptied or replaced.")
        case .meshLinksUp: .gauge("Links to other nodes that are up.")
        case .meshLinksOpenedTotal: .counter("Links to other nodes that came up.")
        case .meshLinksClosedTotal: .counter("Links to other nodes that went down, by reason.", by: "reason")
        case .meshHellosRefusedTotal:
            .counter("Connections between nodes that ended before they were links, by reason.", by: "reason")
        case .meshReceivedFramesTotal: .counter("Frames read from other nodes.")
        case .meshReceivedBytesTotal: .counter("Bytes read from other nodes.")
        case .meshSentFramesTotal: .counter("Frames handed to the sockets of other nodes.")
        case .meshSentBytesTotal: .counter("Bytes handed to the sockets of other nodes.")
        case .meshBacklogBytes: .gauge("Bytes held back until other nodes have consumed what they were sent.")
        case .meshMessagesSkippedTotal: .counter("Messages of newer nodes that this one does not know.")
        case .meshMessagesUnsendableTotal: .counter("Messages outside their bounds, which were not sent.")
        case .meshRoundTripSeconds: .seconds("From a ping to another node to its answer.")
        case .rateLimitRefusedTotal: .counter("Requests refused for being too many, by door.", by: "door")
        case .rateLimitLocalTotal: .counter("Decisions taken by the local limiter because Redis was away or slow.")
        case .nodeUp: .gauge("1 while the node takes players.")
        case .nodeLoopLagSeconds: .seconds("How late an event loop's timer fires.")
        case .nodeHeartbeatFailuresTotal: .counter("Heartbeats that Redis did not take.")
        case .nodeOverloadLevel:
            .gauge("What the node sheds: 0 nothing, 1 new rooms, 2 and new players, 3 and how often progress is told.")
        case .nodeOverloadRefusedTotal: .counter("What was shed because the node is overloaded, by kind.", by: "kind")
        case .nodeCPURatio: .gauge("Processor time used, of what the process may use; 0 to 1.")
        case .nodeLoopLagMaxSeconds: .gauge("How late the latest timer of an event loop fired within a second.")
        case .nodeMemoryBytes: .gauge("Resident memory of the process.")
        case .nodeMemoryLimitBytes:
            .gauge("What the process may have: set, else its control group's, else the machine's.")
        case .telemetrySeriesRefusedTotal:
            .counter("Series of libraries that found no room in the registry or clashed with another kind.")
        }
    }
}
