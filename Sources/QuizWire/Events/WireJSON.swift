internal import Foundation
package import NIOCore
internal import NIOFoundationCompat
package import QuizModel

/// JSON as it goes over the wire: compact, keys sorted, slashes plain, so that equal values have equal bytes.
package enum WireJSON {
    private static let encoder: JSONEncoder = {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }()
    private static let decoder = JSONDecoder()

    /// - Throws: `EncodingError` for a floating-point number that is not finite; no payload made by the server has one.
    package static func bytes(_ value: some Encodable) throws -> [UInt8] {
        if let bytes = try fast(value) { return bytes }
        return Array(try encoder.encode(value))
    }

    /// - Throws: as `bytes(_:)`.
    package static func buffer(_ value: some Encodable, allocator: ByteBufferAllocator = .init()) throws -> ByteBuffer {
        guard let bytes = try fast(value) else {
            return try encoder.encodeAsByteBuffer(value, allocator: allocator)
        }
        return allocator.buffer(bytes: bytes)
    }

    /// - Returns: nil when Foundation has to write it.
    private static func fast(_ value: some Encodable) throws -> [UInt8]? {
        if let bytes = (value as? any BurstPayload)?.plainBytes { return bytes }
        return try JSONWriter.bytes(value)
    }

    /// Decodes what a client sent.
    ///
    /// - Throws: `Rejection(.invalid)` with a sentence that opens with the path of what is wrong.
    package static func decode<Value: Decodable>(
        _ type: Value.Type, from bytes: some Collection<UInt8>
    ) throws(Rejection) -> Value {
        do {
            return try decoder.decode(type, from: Data(bytes))
        } catch {
            throw rejection(for: error)
        }
    }

    /// - Throws: as for bytes.
    package static func decode<Value: Decodable>(
        _ type: Value.Type, from buffer: ByteBuffer
    ) throws(Rejection) -> Value {
        do {
            return try decoder.decode(type, from: buffer)
        } catch {
            throw rejection(for: error)
        }
    }

    /// Says where a value went wrong, as `settings.categories[2]`, and why. Never repeats the value itself.
    package static func rejection(for error: any Error) -> Rejection {
        switch error {
        case let rejection as Rejection:
            return rejection
        case DecodingError.keyNotFound(let key, let context):
            return fault(at: context.codingPath + [key], "is missing.")
        case DecodingError.typeMismatch(let type, let context):
            return fault(at: context.codingPath, "must be \(noun(for: type)).")
        case DecodingError.valueNotFound(let type, let context):
            return fault(at: context.codingPath, "must be \(noun(for: type)), not null.")
        case DecodingError.dataCorrupted(let context) where context.codingPath.isEmpty:
            // Foundation says the same of a number that does not fit its type, and does not say which one it was.
            return Rejection(
                .invalid, message: "The body is not valid JSON, or a number in it is not whole or out of range.")
        case DecodingError.dataCorrupted(let context):
            return fault(at: context.codingPath, reason(context.debugDescription))
        default:
            return Rejection(.invalid)
        }
    }

    /// Our own types explain themselves; the standard library's sentences repeat the value, which stays out of errors.
    private static func reason(_ sentence: String) -> String {
        return sentence.hasPrefix("Cannot initialize") ? "is not one of the known values." : sentence
    }

    private static func fault(at path: [any CodingKey], _ sentence: String) -> Rejection {
        guard !path.isEmpty else { return Rejection(.invalid, message: "The body " + sentence) }
        var text = ""
        for key in path {
            if let index = key.intValue {
                text += "[\(index)]"
            } else {
                // A key comes from the types, never from the client, so it is safe to repeat.
                text += (text.isEmpty ? "" : ".") + key.stringValue
            }
        }
        return Rejection(.invalid, message: "`\(text)`: \(sentence)")
    }

    private static func noun(for type: any Any.Type) -> String {
        switch type {
        case is Bool.Type: "a Boolean"
        case is String.Type: "a text"
        case is Double.Type, is Float.Type: "a number"
        case is any FixedWidthInteger.Type: "a whole number"
        case is [Any].Type: "an array"
        default: String(describing: type).hasPrefix("Array<") ? "an array" : "an object"
        }
    }
}
