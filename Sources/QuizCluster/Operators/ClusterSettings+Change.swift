package import QuizShards

extension ClusterSettings {
    /// The settings as they would be behind a change; what operators are shown before it is made.
    package func applying(_ change: ClusterSettingChange) -> ClusterSettings {
        var changed = self
        func edit(_ node: String, _ edit: (inout NodeSetting) -> Void) {
            edit(&changed.nodes[node, default: NodeSetting(weight: nil, isDraining: false)])
        }
        switch change {
        case .weight(let node, let weight): edit(node) { $0.weight = weight }
        case .drain(let node): edit(node) { $0.isDraining = true }
        case .undrain(let node): edit(node) { $0.isDraining = false }
        case .pin(let shard, let node): changed.pins[shard] = node
        case .unpin(let shard): changed.pins[shard] = nil
        case .rebalance: changed.rebalances += 1
        }
        return changed
    }
}

extension ClusterSettingChange {
    /// How evenly the coordinator places behind this change.
    package var slack: ShardPlacement.Slack { self == .rebalance ? .even : .sticky }
}
