public import NIOCore
public import QuizModel

/// Who a client is, where it connects, and what it puts up with.
public struct QuizClientConfiguration: Sendable {
    /// Any node, or the balancer in front of them: an origin such as `https://quiz.example.org`.
    public var url: String
    /// A guest of this name is made, unless there is a token.
    public var nickname: Nickname
    /// An access token of the HTTP API.
    public var token: String?
    /// Goes to the node of its room when it is told where that is.
    public var followsRedirects = true
    /// How long a command may take, repetitions over other connections included.
    public var commandLimit = TimeAmount.seconds(30)
    /// How long one connection may take to come about.
    public var connectLimit = TimeAmount.seconds(10)
    /// How long a move to another node may take; then the client stays where it is.
    public var moveLimit = TimeAmount.seconds(4)
    /// An address that failed is left alone for this long.
    public var avoidance = TimeAmount.seconds(60)
    /// The wait before the first attempt to come back is between nothing and this, and doubles up to `reconnectDelayMax`.
    public var reconnectDelay = TimeAmount.milliseconds(300)
    public var reconnectDelayMax = TimeAmount.seconds(5)
    /// Events that wait for whoever reads them; one more ends the client with `readerTooSlow`.
    public var eventsWaitingMax = 4_096

    public init(url: String, nickname: Nickname, token: String? = nil) {
        self.url = url
        self.nickname = nickname
        self.token = token
    }
}
