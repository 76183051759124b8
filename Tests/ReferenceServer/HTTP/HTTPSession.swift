/// A session with an `Mcp-Session-Id`, and the streams its client has opened with GET.
@LoopActor
final class HTTPSession {
    let core: LegacySession
    private var streams: [Outbox] = []

    init(server: Server) {
        core = LegacySession(server: server)
        // Each message goes to one stream only, and is lost when there is none: streams cannot be resumed here.
        core.sendUnsolicited = { [weak self] message in self?.streams.last?.append(message) }
    }

    func openStream() -> Outbox {
        let stream = Outbox(framing: .events)
        streams.append(stream)
        return stream
    }

    func closeStream(_ stream: Outbox) {
        stream.finish()
        streams.removeAll { $0 === stream }
    }

    func close() {
        core.close()
        for stream in streams { stream.finish() }
        streams = []
    }
}
