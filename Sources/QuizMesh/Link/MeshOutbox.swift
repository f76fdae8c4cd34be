import NIOConcurrencyHelpers
import NIOCore

/// What is to be sent on one link: filled on any thread, emptied on the link's loop.
///
/// Counts everything that has not been handed to the network yet, be it on its way to the loop or waiting for credit; at
/// the bound it closes for good, and the link with it.
final class MeshOutbox: Sendable {
    struct Taken {
        var frames: [ByteBuffer]
        /// Bytes that would have been waiting with the message that did not fit.
        var overflow: Int?
    }

    private struct State {
        var frames: [ByteBuffer] = []
        var bytes = 0
        var isOpen = true
        var isWoken = false
        var overflow: Int?
        var wake: (@Sendable () -> Void)?
        /// The last ones measured.
        var roundTrips = CircularBuffer<TimeAmount>(initialCapacity: 8)
    }

    private let bytesMax: Int
    private let state: NIOLockedValueBox<State>

    /// - Parameter wake: makes the link's loop `take`, once for all messages of its tick.
    init(bytesMax: Int, wake: @escaping @Sendable () -> Void) {
        self.bytesMax = bytesMax
        state = NIOLockedValueBox(State(wake: wake))
    }

    /// - Returns: false when the link is closed, or has to be because of this frame.
    func append(_ frame: ByteBuffer) -> Bool {
        let (isKept, wake) = state.withLockedValue { state -> (Bool, (@Sendable () -> Void)?) in
            guard state.isOpen else { return (false, nil) }
            let bytes = state.bytes + frame.readableBytes
            if bytes > bytesMax {
                state.isOpen = false
                state.overflow = bytes
                state.frames = []
            } else {
                state.bytes = bytes
                state.frames.append(frame)
            }
            return (state.isOpen, Self.wakeOnce(&state))
        }
        wake?()
        return isKept
    }

    /// Makes the loop `take`, though there may be no message.
    func wake() { state.withLockedValue { Self.wakeOnce(&$0) }?() }

    func take() -> Taken {
        state.withLockedValue { state in
            defer {
                state.frames = []
                state.isWoken = false
            }
            return Taken(frames: state.frames, overflow: state.overflow)
        }
    }

    /// So many bytes of messages have been handed to the network.
    func sent(_ bytes: Int) { state.withLockedValue { $0.bytes -= bytes } }

    var bytes: Int { state.withLockedValue { $0.bytes } }

    func close() {
        state.withLockedValue {
            $0.isOpen = false
            $0.frames = []
            $0.bytes = 0
            // Holds whoever takes.
            $0.wake = nil
        }
    }

    func measured(_ roundTrip: TimeAmount) {
        state.withLockedValue {
            if $0.roundTrips.count == 8 { $0.roundTrips.removeFirst() }
            $0.roundTrips.append(roundTrip)
        }
    }

    /// The shortest of the last eight: the longer ones are loops that were busy.
    var roundTrip: TimeAmount? { state.withLockedValue { $0.roundTrips.min() } }

    private static func wakeOnce(_ state: inout State) -> (@Sendable () -> Void)? {
        guard !state.isWoken else { return nil }
        state.isWoken = true
        return state.wake
    }
}
