import Crypto

/// A Lua script of `Scripts/`, compiled into the program.
package struct RedisScript: Sendable {
    package let text: String
    /// SHA-1 of the text in lower-case hexadecimal: the name by which Redis knows a script.
    package let digest: String

    init(_ bytes: [UInt8]) {
        text = String(decoding: bytes, as: UTF8.self)
        digest = Insecure.SHA1.hash(data: bytes).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }

    static let rateLimit = RedisScript(PackageResources.rate_limit_lua)
    static let chatPush = RedisScript(PackageResources.chat_push_lua)
    static let chatFill = RedisScript(PackageResources.chat_fill_lua)
    static let revocationsMerge = RedisScript(PackageResources.revocations_merge_lua)
    static let presenceClear = RedisScript(PackageResources.presence_clear_lua)
    static let clusterBeat = RedisScript(PackageResources.cluster_beat_lua)
    static let shardClaim = RedisScript(PackageResources.shard_claim_lua)
}
