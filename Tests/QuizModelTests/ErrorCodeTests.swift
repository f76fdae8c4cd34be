import Foundation
import QuizModel
import Testing

@Suite struct ErrorCodeTests {
    @Test func `advice is false or milliseconds`() throws {
        #expect(
            String(decoding: try JSONEncoder().encode([RetryAdvice.never, .after(milliseconds: 250)]), as: UTF8.self)
                == "[false,250]")
        let decoded = try JSONDecoder().decode([RetryAdvice].self, from: Data("[false, 0, 1500]".utf8))
        #expect(decoded == [.never, .after(milliseconds: 0), .after(milliseconds: 1_500)])
        for bad in ["[true]", "[null]", "[\"soon\"]", "[1.5]"] {
            #expect(throws: DecodingError.self) { try JSONDecoder().decode([RetryAdvice].self, from: Data(bad.utf8)) }
        }
    }

    @Test func `every code has a sentence for a person and a name for a program`() {
        for code in ErrorCode.allCases {
            #expect(code.sentence.hasSuffix("."), "\(code)")
            #expect(code.rawValue.allSatisfy { $0.isLowercase || $0 == "_" }, "\(code)")
            if case .after(let milliseconds) = code.retry { #expect((100...60_000).contains(milliseconds)) }
        }
    }

    @Test func `a wrong password and an absent room cannot be told apart by their words`() {
        #expect(ErrorCode.wrongPassword.sentence == ErrorCode.roomNotFound.sentence)
    }

    @Test func `a rejection says what its code says unless it knows better`() {
        #expect(
            Rejection(.busy) == Rejection(.busy, message: ErrorCode.busy.sentence, retry: .after(milliseconds: 1_000)))
        let own = Rejection(.invalid, message: "No.", retry: .never)
        #expect(own.message == "No." && own.retry == .never)
    }
}
