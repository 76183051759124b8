import AsyncIO
import MCPProtocol

/// A stream of server-sent events, one for each message, without ids: what is lost is lost.
final class EventChannel: FrontChannel {
    let events: HTTPEventStream

    init(_ events: HTTPEventStream) { self.events = events }

    @discardableResult
    func push(_ message: [UInt8]) -> Bool {
        events.push(Self.event(message))
    }

    /// Sends a message that nothing comes after.
    func finish(with message: [UInt8]) {
        events.push(Self.event(message), isLast: true)
        events.close()
    }

    /// A message as the event it travels in.
    static func event(_ message: [UInt8]) -> [UInt8] {
        var event: [UInt8] = []
        SSEEncoder.encode(event: "message", data: message[...], into: &event)
        return event
    }

    func room() async { await events.room() }
    func close() { events.close() }
}
