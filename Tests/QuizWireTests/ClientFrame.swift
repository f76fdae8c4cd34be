import NIOCore

/// A frame as a client writes it, right or wrong.
func clientFrame(
    _ opcode: UInt8, _ payload: some Sequence<UInt8>, final: Bool = true, reserved: UInt8 = 0, masked: Bool = true,
    announcing announced: Int? = nil
) -> [UInt8] {
    let payload = Array(payload)
    let length = announced ?? payload.count
    let maskBit: UInt8 = masked ? 0x80 : 0
    var bytes: [UInt8] = [(final ? 0x80 : 0) | reserved << 4 | opcode]
    switch length {
    case ...125: bytes.append(maskBit | UInt8(length))
    case ...0xFFFF: bytes += [maskBit | 126, UInt8(length >> 8), UInt8(length & 0xFF)]
    default:
        bytes.append(maskBit | 127)
        bytes += (0..<8).map { UInt8(truncatingIfNeeded: length >> (56 - 8 * $0)) }
    }
    guard masked else { return bytes + payload }
    let key: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]
    return bytes + key + payload.enumerated().map { $0.element ^ key[$0.offset & 3] }
}

func clientText(_ text: String, final: Bool = true) -> [UInt8] { clientFrame(1, text.utf8, final: final) }

/// A client's Close frame.
func clientClose(_ code: UInt16, _ reason: some Sequence<UInt8> = []) -> [UInt8] {
    clientFrame(8, [UInt8(code >> 8), UInt8(code & 0xFF)] + Array(reason))
}
