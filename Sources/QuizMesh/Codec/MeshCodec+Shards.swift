import NIOCore
import QuizCluster
import QuizModel
import QuizRoomHost
import QuizShards

// Messages between owners.

extension Term {
    func write(to writer: inout MeshWriter, _ context: String) {
        writer.int(shard.index, 0...ShardID.count - 1, context)
        writer.int(Int(epoch.number), MeshBounds.natural, context)
        writer.identifier(owner)
    }

    init(from reader: inout MeshReader, _ context: String) throws(MeshCodecError) {
        guard let shard = ShardID(index: try reader.int(0...ShardID.count - 1, context)) else {
            throw MeshCodecError(.outOfRange, context)
        }
        self.init(
            shard: shard, epoch: Epoch(Int64(try reader.int(MeshBounds.natural, context))),
            owner: try reader.identifier(context))
    }
}

extension MeshWriter {
    mutating func terms(_ terms: [Term], _ context: String) {
        array(terms, max: MeshBounds.termsMax, context) { $1.write(to: &$0, context) }
    }
}

extension MeshReader {
    mutating func terms(_ context: String) throws(MeshCodecError) -> [Term] {
        try array(max: MeshBounds.termsMax, elementBytesMin: 18, context) { reader throws(MeshCodecError) in
            try Term(from: &reader, context)
        }
    }
}

extension HandOffPrepare {
    func write(to writer: inout MeshWriter) {
        writer.fixed64(number)
        writer.terms(terms, "prepare.terms")
        writer.int(rules, MeshBounds.natural, "prepare.rules")
        writer.int(rooms, MeshBounds.natural, "prepare.rooms")
    }

    init(from reader: inout MeshReader) throws(MeshCodecError) {
        self.init(
            number: try reader.integer("prepare.number"), terms: try reader.terms("prepare.terms"),
            rules: try reader.int(MeshBounds.natural, "prepare.rules"),
            rooms: try reader.int(MeshBounds.natural, "prepare.rooms"))
    }
}

extension HandOffPrepared {
    func write(to writer: inout MeshWriter) {
        writer.fixed64(number)
        writer.bool(isAccepted)
    }

    init(from reader: inout MeshReader) throws(MeshCodecError) {
        self.init(
            number: try reader.integer("prepared.number"), isAccepted: try reader.bool("prepared.isAccepted"))
    }
}

extension HandOffFinal {
    func write(to writer: inout MeshWriter) {
        writer.fixed64(number)
        writer.terms(terms, "final.terms")
        writer.byte(reason.tag)
        writer.array(rooms, max: MeshBounds.roomsMax, "final.rooms") { writer, room in
            writer.identifier(room.room)
            writer.int(Int(room.head.number), MeshBounds.natural, "final.head")
            writer.fixed(room.head.chain, count: MeshBounds.chainBytes, "final.chain")
        }
    }

    init(from reader: inout MeshReader) throws(MeshCodecError) {
        let number: UInt64 = try reader.integer("final.number")
        let terms = try reader.terms("final.terms")
        let tag = try reader.byte("final.reason")
        // As in the database: a reason of a later version must not keep a shard from moving.
        let reason = MoveReason.allCases.first { $0.tag == tag } ?? .asked
        let rooms = try reader.array(
            max: MeshBounds.roomsMax, elementBytesMin: 17 + MeshBounds.chainBytes, "final.rooms"
        ) { reader throws(MeshCodecError) in
            Room(
                room: try reader.identifier("final.room"),
                head: JournalHead(
                    number: Int64(try reader.int(MeshBounds.natural, "final.head")),
                    chain: try reader.fixed(MeshBounds.chainBytes, "final.chain")))
        }
        self.init(number: number, terms: terms, reason: reason, rooms: rooms)
    }
}

extension MoveReason {
    fileprivate var tag: UInt8 {
        switch self {
        case .unowned: 0
        case .ownerGone: 1
        case .draining: 2
        case .overfull: 3
        case .pinned: 4
        case .asked: 5
        case .reclaimed: 6
        }
    }
}

extension HandOffFinished {
    func write(to writer: inout MeshWriter) {
        writer.fixed64(number)
        writer.terms(now, "finished.now")
    }

    init(from reader: inout MeshReader) throws(MeshCodecError) {
        self.init(number: try reader.integer("finished.number"), now: try reader.terms("finished.now"))
    }
}
