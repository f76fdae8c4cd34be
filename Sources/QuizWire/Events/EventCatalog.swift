/// The protocol of the socket as a whole: what `ServerEventName` and `ClientEventName` declare.
package enum EventCatalog {
    /// Version of the protocol, for the documents.
    package static let version = "1.0.0"
    /// Path of the Socket.IO endpoint.
    package static let path = "/socket.io/"
}
