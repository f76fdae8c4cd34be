import Foundation
import NIOCore
import QuizCluster
import QuizModel
import QuizTestKit
import Testing

@testable import QuizMesh

/// What an attacker, a newer or a broken node may send: an error each time, never a crash, never memory without bound.
@Suite struct HostileFramesTests {
    struct Sample: Sendable, CustomTestStringConvertible {
        var name: String
        var bytes: [UInt8]
        var testDescription: String { name }
    }

    /// `hello-…`: what a stranger sends to a port; `link-…`: what a peer sends on a link that is up. Hexadecimal, `#` begins
    /// a comment. A stream of bytes that once did harm is added here and stays.
    static let corpus: [Sample] = {
        guard let folder = Bundle.module.url(forResource: "Corpus", withExtension: nil),
            let files = try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        else { preconditionFailure("The corpus is part of the tests.") }
        return files.sorted { $0.path < $1.path }.map { file in
            // A file that cannot be read is empty, which no sample is.
            let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
            let digits = text.split(separator: "\n").filter { !$0.hasPrefix("#") }.joined()
            let bytes = stride(from: 0, to: digits.utf8.count - 1, by: 2).compactMap { offset in
                UInt8(digits.dropFirst(offset).prefix(2), radix: 16)
            }
            return Sample(name: file.deletingPathExtension().lastPathComponent, bytes: bytes)
        }
    }()

    /// The acceptor's end after these bytes, on a link that is up or on a fresh connection.
    private static func outcome(of bytes: [UInt8], isUp: Bool) -> MachinePair.End {
        var pair = MachinePair()
        if isUp {
            pair.settle()
        } else {
            pair.acceptor.wire.clear()
        }
        pair.acceptor.actions = []
        pair.acceptor.wire.writeBytes(bytes)
        // A pong leaves when the network takes it, which is not before the next bytes have been read.
        var actions: [MeshLinkMachine.Action] = []
        pair.acceptor.machine.heard()
        pair.acceptor.reader.append(pair.acceptor.wire)
        do throws(MeshCodecError) {
            while let read = try pair.acceptor.reader.next() {
                let new = pair.acceptor.machine.received(
                    read.frame, bytes: read.bytes, now: pair.now, listed: Given.listed)
                actions += new
                for case .opened in new { pair.acceptor.reader.isProven = true }
                if pair.acceptor.machine.isEnded { break }
            }
        } catch {
            actions += pair.acceptor.machine.unreadable(error)
        }
        pair.acceptor.actions = actions
        return pair.acceptor
    }

    @Test func `the corpus is there`() {
        #expect(Self.corpus.count >= 54)
        #expect(Self.corpus.allSatisfy { !$0.bytes.isEmpty })
    }

    @Test(arguments: corpus) func `hostile bytes end the connection and say why`(sample: Sample) {
        let isUp = sample.name.hasPrefix("link-")
        let end = Self.outcome(of: sample.bytes, isUp: isUp)
        switch end.actions.last {
        case .closed(_, let context) where isUp: #expect(!context.isEmpty)
        case .refused(_, .us, let context) where !isUp: #expect(!context.isEmpty)
        default: Issue.record("\(sample.name) was taken: \(end.actions)")
        }
        #expect(end.delivered == [])
    }

    @Test(arguments: [1, 2, 3, 4] as [UInt64])
    func `damaged messages are refused or mean something, never a crash`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let clock = ContinuousClock()
        let began = clock.now
        var (read, refused) = (0, 0)
        for round in 0..<6_000 where clock.now - began < .milliseconds(800) {
            let message =
                round % 4 == 0
                ? SampleMessages.random(using: &generator)
                : SampleMessages.fixed[round / 4 % SampleMessages.fixed.count]
            var bytes = Array(Given.body(message).readableBytesView)
            Self.damage(&bytes, &generator)
            do throws(MeshCodecError) {
                let decoded = try MeshCodec.decode(ByteBuffer(bytes: bytes))
                read += 1
                // Whatever can be read has exactly these bytes and can be sent; but for a later version's reason, one byte, which counts as `asked`.
                let again = Array(Given.body(decoded).readableBytesView)
                var different = 0
                if case .final(let final) = decoded, final.reason == .asked { different = 1 }
                #expect(again.count == bytes.count, "seed \(seed), round \(round)")
                #expect(zip(again, bytes).count { $0 != $1 } <= different, "seed \(seed), round \(round)")
            } catch {
                refused += 1
            }
        }
        #expect(read > 20 && refused > 20, "seed \(seed): \(read) read, \(refused) refused")
    }

    @Test(arguments: [5, 6] as [UInt64])
    func `damaged streams of frames end a link or feed it, never a crash`(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let clock = ContinuousClock()
        let began = clock.now
        var (ended, lived) = (0, 0)
        for _ in 0..<2_000 where clock.now - began < .milliseconds(800) {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let frame: MeshFrame =
                    switch Int.random(in: 0..<4, using: &generator) {
                    case 0: .credit(UInt32.random(in: 0...1_000, using: &generator))
                    case 1: .ping(generator.next())
                    default:
                        .message(
                            Given.body(SampleMessages.fixed.randomElement(using: &generator) ?? .owns(.init(terms: [])))
                        )
                    }
                bytes += frame.bytes().readableBytesView
            }
            Self.damage(&bytes, &generator)
            let end = Self.outcome(of: bytes, isUp: generator.chance(80))
            if end.machine.isEnded { ended += 1 } else { lived += 1 }
        }
        #expect(ended > 20 && lived > 20, "seed \(seed): \(ended) ended, \(lived) lived")
    }

    private static func damage(_ bytes: inout [UInt8], _ generator: inout SeededGenerator) {
        let worth: [UInt8] = [0, 1, 0x7F, 0x80, 0xFE, 0xFF]
        for _ in 0..<Int.random(in: 1...3, using: &generator) where !bytes.isEmpty {
            let place = Int.random(in: bytes.indices, using: &generator)
            switch Int.random(in: 0..<6, using: &generator) {
            case 0: bytes[place] ^= 1 << UInt8.random(in: 0...7, using: &generator)
            case 1: bytes[place] = worth.randomElement(using: &generator) ?? 0
            case 2: bytes.remove(at: place)
            case 3: bytes.insert(worth.randomElement(using: &generator) ?? 0, at: place)
            case 4: bytes.removeLast(bytes.count - place)
            default: bytes[place] = UInt8.random(in: 0...255, using: &generator)
            }
        }
    }
}
