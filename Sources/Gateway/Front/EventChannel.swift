import AsyncIO
import MCPProtocol

/// A stream of server-sent events, one for each message, without ids: what is lost is lost.
final class EventChannel: FrontChannel {
    let events: HTTPEventStream

    init(_ events: HTTPEventStream) { self.events = events }

    @discardableResult
    func push(_ message: [UInt8]) -> Bool {
        var bytes: [UInt8] = []
        SSEEncoder.encode(event: "message", data: message[...], into: &bytes)
        return events.push(bytes)
    }

    func room() async { await events.room() }
    func close() { events.close() }
}
