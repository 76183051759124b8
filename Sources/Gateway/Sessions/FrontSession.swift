import AsyncIO
import MCPProtocol
import Synchronization

/// One client's session on the front: what `initialize` agreed on, the calls in progress, the streams that are open.
package final class FrontSession: Sendable {
    package let id: String
    package let revision: ProtocolRevision
    package let clientInfo: Implementation

    private struct State {
        var lastUsed = MonotonicInstant.now
        var runs: [RequestID: CallRun] = [:]
        /// Newest last.
        var streams: [SessionStream] = []
        /// A change was announced while no stream was open.
        var missedToolChange = false
        var logLevel = LoggingLevel.debug
        var hasEnded = false
    }

    /// Streams a client may hold open at a time; the next one is refused.
    static let maxStreams = 8

    private let state = Mutex(State())

    init(id: String, revision: ProtocolRevision, clientInfo: Implementation) {
        self.id = id
        self.revision = revision
        self.clientInfo = clientInfo
    }

    // MARK: Use

    func touch() { state.withLock { $0.lastUsed = .now } }

    /// How long nothing has used the session; `nil` while something does.
    func idleTime(now: MonotonicInstant) -> Duration? {
        state.withLock { $0.runs.isEmpty && $0.streams.isEmpty ? now - $0.lastUsed : nil }
    }

    /// The least severe log messages the client wants.
    var logLevel: LoggingLevel {
        get { state.withLock { $0.logLevel } }
        set { state.withLock { $0.logLevel = newValue } }
    }

    // MARK: Calls

    /// Notes a call in progress; `false` if the id is in use or the session has ended.
    func begin(_ run: CallRun, as id: RequestID) -> Bool {
        state.withLock { state in
            guard !state.hasEnded, state.runs[id] == nil else { return false }
            state.runs[id] = run
            return true
        }
    }

    func finish(_ id: RequestID) {
        state.withLock { state in
            state.runs[id] = nil
            state.lastUsed = .now
        }
    }

    /// Cancels a call; an id without a call is ignored, as the specification asks.
    func cancel(_ id: RequestID, reason: String) async {
        await state.withLock { $0.runs[id] }?.cancel(reason: reason)
    }

    // MARK: Streams

    /// Adds a stream for what belongs to no request; `false` if there are too many or the session has ended.
    func open(_ stream: SessionStream) -> Bool {
        let (isOpen, missed) = state.withLock { state -> (Bool, Bool) in
            guard !state.hasEnded, state.streams.count < Self.maxStreams else { return (false, false) }
            state.streams.append(stream)
            defer { state.missedToolChange = false }
            return (true, state.missedToolChange)
        }
        if missed { stream.push(Self.toolsChanged) }
        return isOpen
    }

    func close(_ stream: SessionStream) {
        state.withLock { state in
            state.streams.removeAll { $0 === stream }
            state.lastUsed = .now
        }
    }

    private static let toolsChanged = JSONRPC.notification(method: "notifications/tools/list_changed")

    /// Tells the client that the tools have changed: on one stream (a message goes to exactly one), or on the next one
    /// it opens.
    func announceToolChange() {
        let stream = state.withLock { state -> SessionStream? in
            if state.streams.isEmpty { state.missedToolChange = true }
            return state.streams.last
        }
        stream?.push(Self.toolsChanged)
    }

    // MARK: End

    /// Cancels the calls and closes the streams.
    func end(reason: String) async {
        let (runs, streams) = state.withLock { state -> ([CallRun], [SessionStream]) in
            state.hasEnded = true
            defer {
                state.runs = [:]
                state.streams = []
            }
            return (Array(state.runs.values), state.streams)
        }
        for stream in streams { stream.close() }
        for run in runs { await run.cancel(reason: reason) }
    }

    /// Closes the streams, and lets the calls finish.
    func closeStreams() {
        for stream in state.withLock({ $0.streams }) { stream.close() }
    }
}
