import NIOCore
import QuizCluster
import QuizModel

// Questions to another node, and their answers.

extension PeerCall {
    func write(to writer: inout MeshWriter) {
        writer.varint(number)
        switch question {
        case .room(let code):
            writer.byte(0)
            writer.text(code, "ask.code")
        case .publicRooms: writer.byte(1)
        case .create(let json, let player):
            writer.byte(2)
            writer.payload(json, "ask.json")
            writer.identifier(player)
        case .poll(let request):
            writer.byte(3)
            request.write(to: &writer)
        case .status: writer.byte(4)
        }
    }

    init(from reader: inout MeshReader) throws(MeshCodecError) {
        let number = try reader.varint("ask.number")
        switch try reader.byte("ask.question") {
        case 0: self.init(number: number, question: .room(try reader.text("ask.code")))
        case 1: self.init(number: number, question: .publicRooms)
        case 2:
            self.init(
                number: number,
                question: .create(
                    json: try reader.payload("ask.json"), player: try reader.identifier("ask.player")))
        case 3: self.init(number: number, question: .poll(try PolledRequest(from: &reader)))
        case 4: self.init(number: number, question: .status)
        default: throw MeshCodecError(.unknownTag, "ask.question")
        }
    }
}

extension PolledRequest {
    fileprivate func write(to writer: inout MeshWriter) {
        writer.string(method, MeshBounds.methodBytes, "poll.method")
        writer.string(uri, MeshBounds.longTextBytes, "poll.uri")
        writer.headers(headers, "poll.headers")
        writer.payload(body, "poll.body")
        writer.string(remoteAddress, MeshBounds.methodBytes, "poll.remoteAddress")
    }

    fileprivate init(from reader: inout MeshReader) throws(MeshCodecError) {
        self.init(
            method: try reader.string(MeshBounds.methodBytes, "poll.method"),
            uri: try reader.string(MeshBounds.longTextBytes, "poll.uri"),
            headers: try reader.headers("poll.headers"),
            body: try reader.payload("poll.body"),
            remoteAddress: try reader.string(MeshBounds.methodBytes, "poll.remoteAddress"))
    }
}

extension PeerAnswer {
    func write(to writer: inout MeshWriter) {
        writer.varint(number)
        writer.int(status, MeshBounds.statuses, "answer.status")
        writer.headers(headers, "answer.headers")
        writer.payload(body, "answer.body")
    }

    init(from reader: inout MeshReader) throws(MeshCodecError) {
        self.init(
            number: try reader.varint("answer.number"),
            status: try reader.int(MeshBounds.statuses, "answer.status"),
            headers: try reader.headers("answer.headers"),
            body: try reader.payload("answer.body"))
    }
}

extension MeshWriter {
    fileprivate mutating func headers(_ headers: [PolledRequest.Pair], _ context: String) {
        array(headers, max: MeshBounds.headersMax, context) { writer, pair in
            writer.string(pair.name, MeshBounds.textBytes, context)
            writer.string(pair.value, MeshBounds.longTextBytes, context)
        }
    }
}

extension MeshReader {
    fileprivate mutating func headers(_ context: String) throws(MeshCodecError) -> [PolledRequest.Pair] {
        try array(max: MeshBounds.headersMax, elementBytesMin: 2, context) { reader throws(MeshCodecError) in
            PolledRequest.Pair(
                name: try reader.string(MeshBounds.textBytes, context),
                value: try reader.string(MeshBounds.longTextBytes, context))
        }
    }
}
