import AsyncIO
import MCPProtocol
import Synchronization

/// One stream of a session over Streamable HTTP: the answer to a POST, or what belongs to no request (GET).
///
/// The stream outlives the connection that carries it: while there is none, messages wait in a ring for the client to
/// come back with `Last-Event-ID` (MCP 2025-11-25, Transports, "Resumability and Redelivery").
final class FrontStream: FrontChannel {
    private struct State {
        var ring: ReplayRing
        /// What carries the messages now.
        var carrier: HTTPEventStream?
        var isFinished = false
        var finishedAt: MonotonicInstant?
    }

    /// Tells the streams of a session apart; the first part of its event ids.
    let number: Int
    /// The request this stream answers; `nil` for what belongs to no request.
    let requestID: RequestID?
    /// Whether events have ids, so that a client can come back.
    private let isResumable: Bool
    private let state: Mutex<State>

    init(number: Int, requestID: RequestID?, revision: ProtocolRevision, maxReplayBytes: Int) {
        self.number = number
        self.requestID = requestID
        isResumable = revision.hasResumableStreams && maxReplayBytes > 0
        state = Mutex(State(ring: ReplayRing(maxBytes: maxReplayBytes)))
    }

    var isCarried: Bool { state.withLock { $0.carrier != nil } }
    var finishedAt: MonotonicInstant? { state.withLock { $0.finishedAt } }

    /// What a client takes to know where it stands before the first message: an event with an id and no data where the
    /// revision has such, else a comment.
    func opening(for revision: ProtocolRevision) -> [UInt8] {
        var bytes: [UInt8] = []
        if isResumable, revision.hasPollingStreams {
            SSEEncoder.encode(id: eventID(state.withLock { $0.ring.newest }), data: [], into: &bytes)
        } else {
            SSEEncoder.encodeComment("open", into: &bytes)
        }
        return bytes
    }

    private func eventID(_ message: Int) -> String { "\(number)-\(message)" }

    private func encode(_ message: [UInt8], _ messageNumber: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        SSEEncoder.encode(
            event: "message", id: isResumable ? eventID(messageNumber) : nil, data: message[...], into: &bytes)
        return bytes
    }

    // MARK: Messages

    func push(_ message: [UInt8]) { _ = take(message) }

    /// - Returns: `false` if the stream has ended, and the message is dropped.
    func take(_ message: [UInt8]) -> Bool {
        state.withLock { state in
            guard !state.isFinished else { return false }
            send(message, &state)
            return true
        }
    }

    /// Under the lock, so that the order on the wire is the order of the numbers.
    private func send(_ message: [UInt8], _ state: inout State, isLast: Bool = false) {
        let number = isResumable ? state.ring.append(message) : 0
        state.carrier?.push(encode(message, number), isLast: isLast)
    }

    /// Ends the stream, behind one last message if there is one.
    func finish(_ message: [UInt8]?) {
        let carrier = state.withLock { state -> HTTPEventStream? in
            guard !state.isFinished else { return nil }
            if let message { send(message, &state, isLast: true) }
            state.isFinished = true
            state.finishedAt = .now
            return state.carrier
        }
        carrier?.close()
    }

    func close() { finish(nil) }

    /// Hands out the present connection for a last message that is too large to be kept: it goes out in pieces, and
    /// cannot be had again.
    ///
    /// - Returns: `nil` while nobody is there to take it.
    func passLast() -> HTTPEventStream? {
        state.withLock { state in
            guard !state.isFinished, let carrier = state.carrier else { return nil }
            if isResumable { state.ring.skip() }
            return carrier
        }
    }

    func room() async { await state.withLock { $0.carrier }?.room() }

    // MARK: Connections

    /// Begins with the connection of the request itself.
    func attach(_ carrier: HTTPEventStream) { state.withLock { $0.carrier = carrier } }

    enum Resumption {
        case resumed
        /// The stream never had that event.
        case unknownEvent
    }

    /// Goes on over another connection, from the message after `number`. One the stream had before is closed: a message
    /// goes out once.
    func resume(on carrier: HTTPEventStream, after number: Int) -> Resumption {
        let (outcome, old, isOver) = state.withLock { state -> (Resumption, HTTPEventStream?, Bool) in
            guard isResumable, let missed = state.ring.messages(after: number) else {
                return (.unknownEvent, nil, false)
            }
            for (number, message) in missed.messages { carrier.push(encode(message, number)) }
            if state.isFinished, missed.messages.isEmpty, !missed.isComplete, let requestID {
                // The client waits for an answer that is gone; it must not wait for ever.
                carrier.push(encode(Self.lostAnswer(to: requestID), state.ring.newest))
            }
            let old = state.carrier
            state.carrier = state.isFinished ? nil : carrier
            return (.resumed, old, state.isFinished)
        }
        old?.close()
        if isOver { carrier.close() }
        return outcome
    }

    private static func lostAnswer(to id: RequestID) -> [UInt8] {
        JSONRPC.error(
            id: id, .internalError("the answer is no longer kept for a resumed stream (limits.maxReplayBytes)"))
    }

    /// A connection has ended; `true` if it carried this stream.
    @discardableResult
    func detach(_ carrier: HTTPEventStream) -> Bool {
        state.withLock { state in
            guard state.carrier === carrier else { return false }
            state.carrier = nil
            return true
        }
    }

    /// Closes the connection but not the stream: the client comes back for the rest (MCP 2025-11-25, Transports,
    /// "Sending Messages to the Server", item 6).
    func letPoll(after retry: Duration) {
        state.withLock { state in
            guard isResumable, !state.isFinished, let carrier = state.carrier else { return }
            var bytes: [UInt8] = []
            SSEEncoder.encode(
                id: eventID(state.ring.newest), retry: Int(retry.clampedNanoseconds / 1_000_000), data: [], into: &bytes
            )
            carrier.push(bytes)
            state.carrier = nil
            carrier.close()
        }
    }
}
