import AsyncIO
import MCPClient
import MCPProtocol

/// Answers one request over a channel that all requests of a session share (HTTP+SSE, stdio).
final class ChannelReply: Reply {
    let channel: any FrontChannel
    private let id: RequestID

    init(_ channel: any FrontChannel, id: RequestID) {
        self.channel = channel
        self.id = id
    }

    var loop: EventLoop? { nil }
    var takesMessages: Bool { true }
    func push(_ message: [UInt8]) { channel.push(message) }
    func room() async { await channel.room() }
    func waitLong() {}  // The channel has its own signs of life.
    func send(_ message: [UInt8], as _: HTTPStatus) async { channel.push(message) }
    func endWithoutAnswer() async {}

    /// Put together first: nothing else could go out over the channel meanwhile.
    func pass(_ stream: any OutcomeStream) async -> String? {
        do throws(MCPClientError) {
            let value = try await collect(stream)
            if stream.member == "result" {
                channel.push(JSONRPC.response(id: id, result: value))
            } else {
                channel.push(
                    JSONRPC.error(
                        id: id, JSONRPCError(value) ?? .internalError("the server's error has no code")))
            }
            return nil
        } catch {
            channel.push(JSONRPC.error(id: id, .internalError("the server's answer broke off: \(error.detail)")))
            return error.detail
        }
    }
}

/// Puts a large outcome together, up to `limits.maxResultBytes`, which the stream keeps.
func collect(_ stream: any OutcomeStream) async throws(MCPClientError) -> RawJSON {
    var bytes: [UInt8] = []
    while let piece = try await stream.next(until: .now + .seconds(60)) { bytes += piece }
    return RawJSON(unchecked: bytes[...])
}
