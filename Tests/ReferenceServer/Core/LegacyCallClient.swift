import MCPProtocol

/// A client of the legacy era, seen from one of its calls.
@LoopActor
final class LegacyCallClient: CallClient {
    private let session: LegacySession
    private let sink: any MessageSink
    private let revision: ProtocolRevision
    private let progressToken: RawJSON?

    init(session: LegacySession, sink: any MessageSink, revision: ProtocolRevision, progressToken: RawJSON?) {
        self.session = session
        self.sink = sink
        self.revision = revision
        self.progressToken = progressToken
    }

    func progress(_ progress: Int64, of total: Int64, message: String) async {
        guard let progressToken else { return }
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("progressToken")
        writer.raw(progressToken)
        writer.key("progress")
        writer.integer(progress)
        writer.key("total")
        writer.integer(total)
        if revision.hasProgressMessage {
            writer.key("message")
            writer.string(message)
        }
        writer.endObject()
        await sink.notify(JSONRPC.notification(method: "notifications/progress", params: writer.finish()))
    }

    func log(_ level: LogLevel, logger: String, data: JSONValue) async {
        guard level >= session.logLevel else { return }
        let params: JSONValue = .object([
            "level": .string(level.rawValue), "logger": .string(logger), "data": data,
        ])
        await sink.notify(JSONRPC.notification(method: "notifications/message", params: params.serialized()))
    }

    func misbehave(_ how: Misbehaviour) -> Bool { sink.misbehave(how) }

    func count() -> Int { session.count() }

    var transportFacts: JSONValue { sink.transportFacts }
}
