import NIOCore
import QuizWire

/// Holds a machine by reference, since `#expect` cannot call what mutates a value.
final class SessionUnderTest {
    private var machine: EngineIOSession

    init(_ machine: EngineIOSession) { self.machine = machine }

    var state: EngineIOSession.State { machine.state }
    var deadline: NIODeadline? { machine.deadline }
    var isClosed: Bool { machine.isClosed }

    func pollReceived(hasBuffered: Bool, at now: NIODeadline) -> [EngineIOSession.Action] {
        machine.pollReceived(hasBuffered: hasBuffered, at: now)
    }
    func pollAborted() -> [EngineIOSession.Action] { machine.pollAborted() }
    func postReceived(_ packets: [EngineIOPacket]?, at now: NIODeadline) -> [EngineIOSession.Action] {
        machine.postReceived(packets, at: now)
    }
    func bufferFilled() -> [EngineIOSession.Action] { machine.bufferFilled() }
    func packetReceived(_ packet: EngineIOPacket?, at now: NIODeadline) -> [EngineIOSession.Action] {
        machine.packetReceived(packet, at: now)
    }
    func webSocketClosed() -> [EngineIOSession.Action] { machine.webSocketClosed() }
    func probeOpened(at now: NIODeadline) -> [EngineIOSession.Action] { machine.probeOpened(at: now) }
    func probePacketReceived(_ packet: EngineIOPacket?, at now: NIODeadline) -> [EngineIOSession.Action] {
        machine.probePacketReceived(packet, at: now)
    }
    func probeClosed() -> [EngineIOSession.Action] { machine.probeClosed() }
    func timeReached(_ now: NIODeadline) -> [EngineIOSession.Action] { machine.timeReached(now) }
    func close(_ reason: EngineIOCloseReason) -> [EngineIOSession.Action] { machine.close(reason) }
}
