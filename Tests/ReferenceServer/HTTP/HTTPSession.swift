import MCPProtocol

/// A session with an `Mcp-Session-Id`, and its streams.
@LoopActor
final class HTTPSession {
    /// Streams that are kept for clients that come back, the oldest of which is forgotten for one more.
    private static let maxKeptStreams = 1000

    let id: String
    let core: LegacySession
    private let isResumable: Bool
    /// Those that the client has opened with GET.
    private var standalone: [EventStream] = []
    /// Those that can be resumed, oldest first.
    private var kept: [EventStream] = []
    private var lastStream = 0

    init(server: Server, id: String) {
        self.id = id
        isResumable = server.options.hasResumableStreams
        core = LegacySession(server: server, transport: .http, label: id)
        core.sendUnsolicited = { [weak self] message in self?.send(message) ?? false }
    }

    /// Each message goes to one stream only, and is lost when there is none.
    private func send(_ message: OutgoingMessage) -> Bool {
        guard let stream = standalone.last(where: \.isConnected) ?? standalone.last else { return false }
        stream.append(message)
        return true
    }

    // MARK: Streams

    func makeStream() -> EventStream {
        guard isResumable else { return EventStream() }
        lastStream += 1
        let stream = EventStream(
            number: lastStream, isResumable: true, isPrimed: core.revision?.hasPollingStreams == true)
        if kept.count == Self.maxKeptStreams { kept.remove(at: kept.firstIndex(where: \.hasEnded) ?? 0) }
        kept.append(stream)
        return stream
    }

    func openStream() -> EventStream {
        let stream = makeStream()
        standalone.append(stream)
        core.channelOpened.send()
        return stream
    }

    /// - Returns: `nil` if the event is not of this session, or forgotten.
    func resumeStream(after eventID: String) -> EventStream? {
        guard let (number, event) = EventStream.parse(eventID: eventID),
            let stream = kept.first(where: { $0.number == number })
        else { return nil }
        _ = stream.resume(after: event)
        core.channelOpened.send()
        return stream
    }

    /// The connection behind `outbox` is gone.
    func close(_ outbox: Outbox, of stream: EventStream) {
        outbox.finish()
        // One that can be resumed goes on collecting.
        if !isResumable { standalone.removeAll { $0 === stream } }
    }

    func close() {
        core.close()
        for stream in standalone + kept { stream.end() }
        standalone = []
        kept = []
    }
}
