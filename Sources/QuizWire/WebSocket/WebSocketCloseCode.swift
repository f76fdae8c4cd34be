/// A status code of a Close frame (RFC 6455, section 7.4).
package struct WebSocketCloseCode: Hashable, Sendable, CustomStringConvertible {
    package let number: UInt16

    package init(_ number: UInt16) { self.number = number }

    /// The purpose is fulfilled. A client may connect again.
    package static let normal = WebSocketCloseCode(1000)
    /// The server goes away. Clients connect again.
    package static let goingAway = WebSocketCloseCode(1001)
    /// The peer broke the protocol. Retrying the same bytes is useless.
    package static let protocolError = WebSocketCloseCode(1002)
    /// Text that is not UTF-8, or compressed data that does not inflate.
    package static let invalidData = WebSocketCloseCode(1007)
    /// A message larger than the bound.
    package static let tooLarge = WebSocketCloseCode(1009)

    /// Whether a peer may put this number into a Close frame.
    ///
    /// 0–999 are unused, 1004–1006 and 1015 never travel, 1016–2999 are unassigned, 5000 and above undefined.
    package var mayTravel: Bool {
        switch number {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }

    package var description: String { String(number) }
}
