package import NIOCore

extension SocketIOPacket {
    /// Appends what stands before a packet's JSON: type, attachments, namespace, acknowledgement.
    package static func writeHead(
        _ kind: Kind, attachments: Int = 0, namespace: String, id: Int? = nil, into buffer: inout ByteBuffer
    ) {
        buffer.writeInteger(kind.rawValue + UInt8(ascii: "0"))
        if kind.isBinary {
            buffer.writeString(String(attachments))
            buffer.writeInteger(UInt8(ascii: "-"))
        }
        if namespace != "/" {
            buffer.writeString(namespace)
            buffer.writeInteger(UInt8(ascii: ","))
        }
        if let id { buffer.writeString(String(id)) }
    }

    /// The reply to a CONNECT: `0{"sid":"…"}`, with `pid` where the session can be recovered.
    package static func connected(namespace: String, sid: String, pid: String?) -> ByteBuffer {
        var packet = ByteBuffer()
        writeHead(.connect, namespace: namespace, into: &packet)
        packet.writeStaticString("{\"sid\":")
        JSONText.write(sid, into: &packet)
        if let pid {
            packet.writeStaticString(",\"pid\":")
            JSONText.write(pid, into: &packet)
        }
        packet.writeInteger(UInt8(ascii: "}"))
        return packet
    }

    /// The refusal of a CONNECT: `4{"message":"…"}`, with `data` where the application adds some.
    ///
    /// - Parameter data: one JSON value.
    package static func refused(namespace: String, message: String, data: ByteBuffer?) -> ByteBuffer {
        var packet = ByteBuffer()
        writeHead(.connectError, namespace: namespace, into: &packet)
        packet.writeStaticString("{\"message\":")
        JSONText.write(message, into: &packet)
        if let data {
            packet.writeStaticString(",\"data\":")
            packet.writeImmutableBuffer(data)
        }
        packet.writeInteger(UInt8(ascii: "}"))
        return packet
    }

    package static func disconnected(namespace: String) -> ByteBuffer {
        var packet = ByteBuffer()
        writeHead(.disconnect, namespace: namespace, into: &packet)
        return packet
    }

    /// - Parameter arguments: each one JSON value, with placeholders for the attachments.
    package static func event(
        _ name: String, arguments: [ByteBuffer], attachments: Int = 0, namespace: String
    ) -> ByteBuffer {
        var packet = ByteBuffer()
        let bytes = arguments.reduce(name.utf8.count + namespace.utf8.count + 24) { $0 + $1.readableBytes + 1 }
        packet.reserveCapacity(bytes)
        writeHead(
            attachments > 0 ? .binaryEvent : .event, attachments: attachments, namespace: namespace, into: &packet)
        packet.writeInteger(UInt8(ascii: "["))
        JSONText.write(name, into: &packet)
        for argument in arguments {
            packet.writeInteger(UInt8(ascii: ","))
            packet.writeImmutableBuffer(argument)
        }
        packet.writeInteger(UInt8(ascii: "]"))
        return packet
    }

    /// - Parameter arguments: each one JSON value, with placeholders for the attachments.
    package static func ack(
        _ id: Int, arguments: [ByteBuffer], attachments: Int = 0, namespace: String
    ) -> ByteBuffer {
        var packet = ByteBuffer()
        packet.reserveCapacity(arguments.reduce(namespace.utf8.count + 32) { $0 + $1.readableBytes + 1 })
        writeHead(
            attachments > 0 ? .binaryAck : .ack, attachments: attachments, namespace: namespace, id: id, into: &packet)
        packet.writeInteger(UInt8(ascii: "["))
        for (index, argument) in arguments.enumerated() {
            if index > 0 { packet.writeInteger(UInt8(ascii: ",")) }
            packet.writeImmutableBuffer(argument)
        }
        packet.writeInteger(UInt8(ascii: "]"))
        return packet
    }
}
