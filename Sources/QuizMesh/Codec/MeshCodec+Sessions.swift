import NIOCore
import QuizCluster
import QuizModel
import QuizRoomHost

// Messages between a gateway and the owner of a room.

extension SessionHandle {
    func write(to writer: inout MeshWriter) {
        writer.fixed64(session)
        writer.varint(UInt64(attachment))
    }

    init(from reader: inout MeshReader, _ context: String) throws(MeshCodecError) {
        self.init(session: try reader.integer(context), attachment: try reader.uint32(context))
    }
}

extension MeshWriter {
    mutating func handles(_ handles: [SessionHandle], _ context: String) {
        array(handles, max: MeshBounds.sessionsMax, context) { $1.write(to: &$0) }
    }

    mutating func milliseconds(_ value: Int, _ context: String) { int(value, MeshBounds.milliseconds, context) }

    mutating func payload(_ value: ByteBuffer, _ context: String) { bytes(value, MeshBounds.payloadBytes, context) }
}

extension MeshReader {
    mutating func handles(_ context: String) throws(MeshCodecError) -> [SessionHandle] {
        try array(max: MeshBounds.sessionsMax, elementBytesMin: 9, context) { reader throws(MeshCodecError) in
            try SessionHandle(from: &reader, context)
        }
    }

    mutating func milliseconds(_ context: String) throws(MeshCodecError) -> Int {
        try int(MeshBounds.milliseconds, context)
    }

    mutating func payload(_ context: String) throws(MeshCodecError) -> ByteBuffer {
        try bytes(MeshBounds.payloadBytes, context)
    }

    mutating func ack(_ context: String) throws(MeshCodecError) -> Int { try int(MeshBounds.natural, context) }
}

extension SessionAttach {
    func write(to writer: inout MeshWriter) {
        handle.write(to: &writer)
        writer.text(code, "attach.code")
        writer.identifier(player)
        writer.text(nickname, "attach.nickname")
        kind.write(to: &writer)
        writer.milliseconds(ageMs, "attach.ageMs")
        writer.optional(latencyMs) { $0.milliseconds($1, "attach.latencyMs") }
    }

    init(from reader: inout MeshReader) throws(MeshCodecError) {
        self.init(
            handle: try SessionHandle(from: &reader, "attach.handle"),
            code: try reader.text("attach.code"),
            player: try reader.identifier("attach.player"),
            nickname: try reader.text("attach.nickname"),
            kind: try Kind(from: &reader),
            ageMs: try reader.milliseconds("attach.ageMs"),
            latencyMs: try reader.optional("attach.latencyMs") { reader throws(MeshCodecError) in
                try reader.milliseconds("attach.latencyMs")
            })
    }
}

extension SessionAttach.Kind {
    func write(to writer: inout MeshWriter) {
        switch self {
        case .join(let json, let ack, let number):
            writer.byte(0)
            writer.payload(json, "attach.json")
            writer.optional(ack) { $0.int($1, MeshBounds.natural, "attach.ack") }
            writer.varint(UInt64(number))
        case .resume(let offset, let baseline):
            writer.byte(1)
            writer.string(offset, MeshBounds.textBytes, "attach.offset")
            writer.int(baseline, MeshBounds.natural, "attach.baseline")
        }
    }

    init(from reader: inout MeshReader) throws(MeshCodecError) {
        switch try reader.byte("attach.kind") {
        case 0:
            self = .join(
                json: try reader.payload("attach.json"),
                ack: try reader.optional("attach.ack") { reader throws(MeshCodecError) in
                    try reader.ack("attach.ack")
                },
                number: try reader.uint32("attach.number"))
        case 1:
            self = .resume(
                offset: try reader.string(MeshBounds.textBytes, "attach.offset"),
                baseline: try reader.int(MeshBounds.natural, "attach.baseline"))
        default: throw MeshCodecError(.unknownTag, "attach.kind")
        }
    }
}

extension SessionCommand {
    func write(to writer: inout MeshWriter) {
        handle.write(to: &writer)
        writer.varint(UInt64(number))
        writer.optional(ack) { $0.int($1, MeshBounds.natural, "command.ack") }
        writer.string(name, MeshBounds.textBytes, "command.name")
        writer.payload(json, "command.json")
        writer.milliseconds(ageMs, "command.ageMs")
        writer.optional(latencyMs) { $0.milliseconds($1, "command.latencyMs") }
    }

    init(from reader: inout MeshReader) throws(MeshCodecError) {
        self.init(
            handle: try SessionHandle(from: &reader, "command.handle"),
            number: try reader.uint32("command.number"),
            ack: try reader.optional("command.ack") { reader throws(MeshCodecError) in
                try reader.ack("command.ack")
            },
            name: try reader.string(MeshBounds.textBytes, "command.name"),
            json: try reader.payload("command.json"),
            ageMs: try reader.milliseconds("command.ageMs"),
            latencyMs: try reader.optional("command.latencyMs") { reader throws(MeshCodecError) in
                try reader.milliseconds("command.latencyMs")
            })
    }
}

extension SessionChat {
    func write(to writer: inout MeshWriter) {
        handle.write(to: &writer)
        writer.int(ack, MeshBounds.natural, "chat.ack")
        writer.payload(json, "chat.json")
    }

    init(from reader: inout MeshReader) throws(MeshCodecError) {
        self.init(
            handle: try SessionHandle(from: &reader, "chat.handle"), ack: try reader.ack("chat.ack"),
            json: try reader.payload("chat.json"))
    }
}

extension SessionsEvent {
    func write(to writer: inout MeshWriter) {
        writer.handles(sessions, "event.sessions")
        writer.string(name, MeshBounds.textBytes, "event.name")
        writer.payload(json, "event.json")
        writer.string(offset, MeshBounds.textBytes, "event.offset")
        writer.optional(conflation) { $0.signed($1) }
    }

    init(from reader: inout MeshReader) throws(MeshCodecError) {
        self.init(
            sessions: try reader.handles("event.sessions"),
            name: try reader.string(MeshBounds.textBytes, "event.name"),
            json: try reader.payload("event.json"),
            offset: try reader.string(MeshBounds.textBytes, "event.offset"),
            conflation: try reader.optional("event.conflation") { reader throws(MeshCodecError) in
                try reader.signed("event.conflation")
            })
    }
}

extension SessionReply {
    func write(to writer: inout MeshWriter) {
        handle.write(to: &writer)
        writer.int(ack, MeshBounds.natural, "reply.ack")
        writer.payload(json, "reply.json")
    }

    init(from reader: inout MeshReader) throws(MeshCodecError) {
        self.init(
            handle: try SessionHandle(from: &reader, "reply.handle"), ack: try reader.ack("reply.ack"),
            json: try reader.payload("reply.json"))
    }
}

extension SessionAttached {
    func write(to writer: inout MeshWriter) {
        handle.write(to: &writer)
        writer.optional(room) { $0.identifier($1) }
        switch verdict {
        case .recovered: writer.byte(0)
        case .fresh(let baseline):
            writer.byte(1)
            writer.int(baseline, MeshBounds.natural, "attached.baseline")
        case .notMember: writer.byte(2)
        case .notFound: writer.byte(3)
        case .quarantined: writer.byte(4)
        }
    }

    init(from reader: inout MeshReader) throws(MeshCodecError) {
        let handle = try SessionHandle(from: &reader, "attached.handle")
        let room: RoomID? = try reader.optional("attached.room") { reader throws(MeshCodecError) in
            try reader.identifier("attached.room")
        }
        let verdict: Verdict
        switch try reader.byte("attached.verdict") {
        case 0: verdict = .recovered
        case 1: verdict = .fresh(baseline: try reader.int(MeshBounds.natural, "attached.baseline"))
        case 2: verdict = .notMember
        case 3: verdict = .notFound
        case 4: verdict = .quarantined
        default: throw MeshCodecError(.unknownTag, "attached.verdict")
        }
        self.init(handle: handle, room: room, verdict: verdict)
    }
}

extension SessionEnded {
    func write(to writer: inout MeshWriter) {
        handle.write(to: &writer)
        switch reason {
        case .left: writer.byte(0)
        case .kicked: writer.byte(1)
        case .roomClosed: writer.byte(2)
        case .moved: writer.byte(3)
        case .surplus: writer.byte(4)
        }
    }

    init(from reader: inout MeshReader) throws(MeshCodecError) {
        let handle = try SessionHandle(from: &reader, "ended.handle")
        switch try reader.byte("ended.reason") {
        case 0: self.init(handle: handle, reason: .left)
        case 1: self.init(handle: handle, reason: .kicked)
        case 2: self.init(handle: handle, reason: .roomClosed)
        case 3: self.init(handle: handle, reason: .moved)
        case 4: self.init(handle: handle, reason: .surplus)
        default: throw MeshCodecError(.unknownTag, "ended.reason")
        }
    }
}

extension SessionMeasure {
    func write(to writer: inout MeshWriter) {
        writer.handles(sessions, "measure.sessions")
        writer.optional(latencyMs) { $0.milliseconds($1, "measure.latencyMs") }
    }

    init(from reader: inout MeshReader) throws(MeshCodecError) {
        self.init(
            sessions: try reader.handles("measure.sessions"),
            latencyMs: try reader.optional("measure.latencyMs") { reader throws(MeshCodecError) in
                try reader.milliseconds("measure.latencyMs")
            })
    }
}
