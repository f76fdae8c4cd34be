import NIOCore
import QuizWire
import Testing

@Suite struct PerMessageDeflateTests {
    private let always = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"

    @Test func `neither side takes its context over, whatever is offered`() {
        #expect(PerMessageDeflate.negotiate(["permessage-deflate"])?.response == always)
        #expect(PerMessageDeflate.negotiate(["permessage-deflate; client_max_window_bits"])?.response == always)
        #expect(PerMessageDeflate.negotiate(["permessage-deflate; server_no_context_takeover"])?.response == always)
    }

    @Test func `window sizes that are asked for are honoured`() {
        #expect(
            PerMessageDeflate.negotiate(["permessage-deflate; server_max_window_bits=\"10\""])?.response
                == always + "; server_max_window_bits=10")
        #expect(
            PerMessageDeflate.negotiate(["permessage-deflate; client_max_window_bits=9"])?.response
                == always + "; client_max_window_bits=9")
    }

    @Test(arguments: [
        "permessage-deflate; server_max_window_bits=16", "permessage-deflate; server_max_window_bits=8",
        "permessage-deflate; server_max_window_bits", "permessage-deflate; client_max_window_bits=7",
        "permessage-deflate; client_max_window_bits=09", "permessage-deflate; bogus",
        "permessage-deflate; server_no_context_takeover=1",
        "permessage-deflate; client_max_window_bits; client_max_window_bits", "x-webkit-deflate-frame", "",
    ])
    func `an offer that cannot be honoured is declined`(offer: String) {
        #expect(PerMessageDeflate.negotiate([offer]) == nil)
        #expect(PerMessageDeflate.negotiate([offer + ", permessage-deflate"])?.response == always)
        #expect(PerMessageDeflate.negotiate([offer, "permessage-deflate"])?.response == always)
    }

    @Test(arguments: [9, 12, 15], [0, 1, 255, 256, 70_000])
    func `what is compressed inflates to the same bytes`(windowBits: Int, count: Int) throws {
        let deflater = try #require(RawDeflater(windowBits: windowBits))
        let inflater = try #require(RawInflater())
        let plain = ByteBuffer(bytes: (0..<count).map { UInt8(truncatingIfNeeded: $0 / 3) })
        for _ in 0..<2 {
            let small = try #require(deflater.message(plain))
            #expect(inflater.message(small, bytesMax: count) == .inflated(plain))
        }
    }

    @Test func `zlib has no raw stream with a window of eight bits`() {
        #expect(RawDeflater(windowBits: 8) == nil)
    }
}
