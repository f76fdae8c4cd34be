/// One of the 16,384 parts into which a Redis Cluster divides its keys.
///
/// Source: https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#key-distribution-model
struct RedisSlot: Sendable, Hashable {
    static let count = 16_384

    /// 0 ..< `count`.
    let index: Int

    /// - Returns: nil outside 0 ..< `count`.
    init?(index: Int) {
        guard (0..<Self.count).contains(index) else { return nil }
        self.index = index
    }

    /// Where a key lies. Of a key with a part in braces only that part counts: the first `{` and the first `}` behind it,
    /// unless there is nothing between them.
    init(of key: String) {
        let bytes = key.utf8
        var counted = bytes[...]
        if let open = bytes.firstIndex(of: UInt8(ascii: "{")) {
            let behind = bytes[bytes.index(after: open)...]
            if let close = behind.firstIndex(of: UInt8(ascii: "}")), close != behind.startIndex {
                counted = behind[..<close]
            }
        }
        index = Int(Self.crc16(counted)) % Self.count
    }

    /// CRC-16/XMODEM: polynomial 0x1021, initial value 0, nothing reflected.
    static func crc16(_ bytes: some Sequence<UInt8>) -> UInt16 {
        bytes.reduce(0) { crc, byte in (crc << 8) ^ table[Int(UInt8(crc >> 8) ^ byte)] }
    }

    private static let table: [UInt16] = (0..<256).map { byte in
        (0..<8).reduce(UInt16(byte) << 8) { crc, _ in crc & 0x8000 == 0 ? crc << 1 : (crc << 1) ^ 0x1021 }
    }
}
