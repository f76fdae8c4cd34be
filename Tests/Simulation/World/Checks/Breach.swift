/// A promise that was broken, and how.
package struct Breach: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Promise: String, Sendable, Hashable, CaseIterable {
        case p1 = "P1"
        case p2 = "P2"
        case p3 = "P3"
        case p4 = "P4"
        case p5 = "P5"
        case p6 = "P6"
        case p7 = "P7"
        case p8 = "P8"
        /// Every room has an owner and goes on once faults are over.
        case liveness
    }

    package var promise: Promise
    package var sentence: String

    package init(_ promise: Promise, _ sentence: String) {
        self.promise = promise
        self.sentence = sentence
    }

    package var description: String { "\(promise.rawValue): \(sentence)" }
}
