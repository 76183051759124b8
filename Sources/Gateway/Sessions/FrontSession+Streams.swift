import AsyncIO
import MCPProtocol
import Synchronization

/// The event streams of a session over Streamable HTTP, and what is told over them.
extension FrontSession {
    /// Streams for what belongs to no request that a client may hold open at a time; the next one is refused.
    static let maxStreams = 8

    // MARK: Opening

    /// Opens the stream that answers a request.
    func openAnswer(to id: RequestID) -> FrontStream {
        state.withLock { state in
            let stream = makeStream(&state, requestID: id)
            state.streams.addAnswer(stream)
            prune(&state)
            return stream
        }
    }

    /// Opens a stream for what belongs to no request, with what was missed while there was none.
    ///
    /// - Returns: `nil` if there are too many or the session has ended.
    func openStandalone(on carrier: HTTPEventStream) -> FrontStream? {
        let (stream, missed) = state.withLock { state -> (FrontStream?, [[UInt8]]) in
            guard !state.hasEnded, state.streams.carriedStandalone.count < Self.maxStreams else { return (nil, []) }
            let stream = makeStream(&state, requestID: nil)
            stream.attach(carrier)
            state.streams.addStandalone(stream)
            prune(&state)
            return (stream, state.news.take())
        }
        for message in missed { stream?.push(message) }
        return stream
    }

    private func makeStream(_ state: inout State, requestID: RequestID?) -> FrontStream {
        FrontStream(
            number: state.streams.nextNumber(), requestID: requestID, revision: revision,
            maxReplayBytes: limits.maxReplayBytes)
    }

    private func prune(_ state: inout State) {
        state.streams.prune(olderThan: limits.replayWindow, now: .now)
    }

    /// A client comes back for the rest of a stream.
    ///
    /// - Parameter eventID: as the client sent it.
    /// - Returns: `nil` if the session has no such event.
    func resume(_ eventID: String, on carrier: HTTPEventStream) -> FrontStream? {
        let parts = eventID.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let number = Int(parts[0]), let message = Int(parts[1]),
            let stream = state.withLock({ $0.streams.stream(number: number) })
        else { return nil }
        switch stream.resume(on: carrier, after: message) {
        case .unknownEvent: return nil
        case .resumed:
            if stream.requestID == nil {
                let missed = state.withLock { state -> [[UInt8]] in
                    // What was missed went to the ring of the newest stream; another one does not have it.
                    let hadAll = state.streams.standalone.last === stream
                    state.streams.makeNewest(stream)
                    let missed = state.news.take()
                    return hadAll ? [] : missed
                }
                for message in missed { stream.push(message) }
            }
            return stream
        }
    }

    /// The connection of a stream has ended; a client may come back for the rest.
    func carrierEnded(_ carrier: HTTPEventStream, of stream: FrontStream) {
        state.withLock { state in
            stream.detach(carrier)
            state.lastUsed = .now
            prune(&state)
        }
    }

    // MARK: Telling

    /// Whether a message would reach the client now.
    var isListening: Bool { channel != nil || state.withLock { !$0.streams.carriedStandalone.isEmpty } }

    /// Sends a message that belongs to no request: on one stream, the newest (a message goes to exactly one).
    ///
    /// - Returns: `false` if there is no stream; the message may still be kept for one that comes back.
    @discardableResult
    func push(_ message: [UInt8]) -> Bool {
        if let channel {
            channel.push(message)
            return true
        }
        return state.withLock { state in
            let carried = state.streams.carriedStandalone.last
            (carried ?? state.streams.standalone.last)?.push(message)
            return carried != nil
        }
    }

    /// Whether the handshake is over: before, a client is told and asked nothing (MCP 2025-11-25, Lifecycle,
    /// "Initialization").
    var isInitialized: Bool { hasBeenInitialized.load(ordering: .acquiring) }

    /// The client says that the handshake is over, or behaves as if it had.
    ///
    /// - Returns: whether that is new.
    func noteInitialized() -> Bool {
        let missed = state.withLock { state -> [[UInt8]]? in
            guard !state.isInitialized else { return nil }
            state.isInitialized = true
            hasBeenInitialized.store(true, ordering: .releasing)
            return channel == nil ? [] : state.news.take()
        }
        for message in missed ?? [] { push(message) }
        return missed != nil
    }

    /// Tells the client of a change of what it sees.
    ///
    /// An announcement that changed nothing is not news to a client that was told of one after it was made: a change for
    /// all is announced in every session of a server.
    func announce(_ change: CatalogChange) {
        let kinds = state.withLock { state in
            change.kinds.filter { kind in
                change.changed.contains(kind) || state.toldAt[kind].map { $0 < change.since } ?? true
            }
        }
        if !kinds.isEmpty { announceChange(of: kinds) }
    }

    /// Tells the client that lists have changed: now, or when it next opens a stream.
    func announceChange(of kinds: Set<ListKind>) {
        let isTooEarly = state.withLock { state in
            for kind in kinds { state.toldAt[kind.announced] = .now }
            if !state.isInitialized, channel != nil { state.news.noteChange(of: kinds) }
            return !state.isInitialized && channel != nil
        }
        guard !isTooEarly else { return }
        var isTold = true
        for message in MissedNews.announcements(of: kinds) { isTold = push(message) && isTold }
        if !isTold { state.withLock { $0.news.noteChange(of: kinds) } }
    }

    /// Tells the client that a resource has changed: now, or when it next opens a stream.
    func resourceUpdated(_ uri: String) {
        if !push(MissedNews.update(of: uri)) { state.withLock { $0.news.noteUpdate(of: uri) } }
    }

    /// Passes on a notification that belongs to no request, if the client wants it.
    func notify(_ notification: JSONRPCNotification) {
        if let params = notification.params, !wants(notification.method, params) { return }
        push(JSONRPC.notification(method: notification.method, params: notification.params))
    }
}
