package import NIOCore

/// A packet of Socket.IO, protocol 5 (https://github.com/socketio/socket.io-protocol), without its attachments.
package struct SocketIOPacket: Sendable, Equatable {
    package enum Kind: UInt8, Sendable {
        case connect = 0
        case disconnect = 1
        case event = 2
        case ack = 3
        case connectError = 4
        case binaryEvent = 5
        case binaryAck = 6

        var isBinary: Bool { self == .binaryEvent || self == .binaryAck }
    }

    /// What a packet carries, checked to be JSON of the right shape and otherwise left as it came.
    package enum Body: Sendable, Equatable {
        /// The auth object, if there was one.
        case connect(auth: ByteBuffer?)
        case disconnect
        /// `name` is nil for an event named by a number.
        case event(name: String?, arguments: [ByteBuffer])
        case ack(arguments: [ByteBuffer])
    }

    /// Attachments a packet may announce.
    package static let attachmentsMax = 10
    /// Bytes of a namespace.
    package static let namespaceBytesMax = 128
    /// Names an application's event must not have: the stock client's own.
    package static let reservedNames: Set<String> = [
        "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener",
    ]

    package let kind: Kind
    /// Begins with a slash; a query behind it has been cut off.
    package let namespace: String
    /// What an acknowledgement refers to.
    package let id: Int?
    /// Binary messages that follow.
    package let attachments: Int
    package let body: Body

    /// Reads a packet that a client may send.
    ///
    /// - Parameter text: the Engine.IO message's bytes, well-formed UTF-8.
    /// - Returns: nil when it is malformed or not a client's to send: the connection is to be closed.
    package init?(text: ByteBuffer) {
        var rest = text
        guard let type = rest.readInteger(as: UInt8.self), type.isDecimalDigit,
            let kind = Kind(rawValue: type - UInt8(ascii: "0")), kind != .connectError
        else { return nil }
        self.kind = kind
        if kind.isBinary {
            guard let count = rest.readDecimal(digitsMax: 3), count <= Self.attachmentsMax,
                rest.readInteger(as: UInt8.self) == UInt8(ascii: "-")
            else { return nil }
            attachments = count
        } else {
            attachments = 0
        }
        guard let namespace = Self.readNamespace(&rest) else { return nil }
        self.namespace = namespace
        id = rest.readDecimal(digitsMax: 15)
        guard let body = Self.body(kind, id: id, rest) else { return nil }
        self.body = body
    }

    /// `/name,` or `/name` at the end; "/" when there is none.
    private static func readNamespace(_ rest: inout ByteBuffer) -> String? {
        guard rest.getInteger(at: rest.readerIndex, as: UInt8.self) == UInt8(ascii: "/") else { return "/" }
        let comma = rest.readableBytesView.firstIndex(of: UInt8(ascii: ","))
        let length = comma.map { $0 - rest.readerIndex } ?? rest.readableBytes
        guard length <= namespaceBytesMax, let name = rest.readString(length: length) else { return nil }
        if comma != nil { rest.moveReaderIndex(forwardBy: 1) }
        return name.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false).first.map(String.init)
    }

    private static func body(_ kind: Kind, id: Int?, _ json: ByteBuffer) -> Body? {
        switch kind {
        case .connect:
            guard id == nil else { return nil }
            if json.readableBytes == 0 { return .connect(auth: nil) }
            return JSONScanner.isObject(json) ? .connect(auth: json) : nil
        case .disconnect:
            return id == nil && json.readableBytes == 0 ? .disconnect : nil
        case .event, .binaryEvent:
            guard let elements = JSONScanner.elements(of: json), let first = elements.first else { return nil }
            let arguments = Array(elements.dropFirst())
            if let name = JSONText.string(first) {
                return reservedNames.contains(name) ? nil : .event(name: name, arguments: arguments)
            }
            guard let byte = first.getInteger(at: first.readerIndex, as: UInt8.self),
                byte.isDecimalDigit || byte == UInt8(ascii: "-")
            else { return nil }
            return .event(name: nil, arguments: arguments)
        case .ack, .binaryAck:
            guard id != nil, let elements = JSONScanner.elements(of: json) else { return nil }
            return .ack(arguments: elements)
        case .connectError: return nil
        }
    }
}

extension ByteBuffer {
    /// Reads digits as a number; nil and nothing read when there are none, or more than `digitsMax`.
    fileprivate mutating func readDecimal(digitsMax: Int) -> Int? {
        let digits = readableBytesView.prefix(digitsMax + 1).prefix { $0.isDecimalDigit }
        guard !digits.isEmpty, digits.count <= digitsMax else { return nil }
        moveReaderIndex(forwardBy: digits.count)
        return digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }
}
