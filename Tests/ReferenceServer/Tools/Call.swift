import AsyncIO
import MCPProtocol

/// One `tools/call` in progress, seen from the tool: the same whatever the client's era and transport.
@LoopActor
final class Call {
    let server: Server
    let client: any CallClient
    let arguments: ToolArguments
    /// The request's `_meta`.
    let meta: RawJSON?

    init(server: Server, client: any CallClient, arguments: ToolArguments, meta: RawJSON?) {
        self.server = server
        self.client = client
        self.arguments = arguments
        self.meta = meta
    }

    func sleep(for duration: Duration) async throws(ToolFailure) {
        guard duration > .zero else { return }
        do { try await LoopActor.loop.sleep(for: duration) } catch { throw .cancelled }
    }
}

/// The client of a call: what a tool may tell it, and what is remembered of it.
@LoopActor
protocol CallClient: AnyObject, Sendable {
    /// Sends `notifications/progress`, if the client asked for it with a token.
    func progress(_ progress: Int64, of total: Int64, message: String) async

    /// Sends `notifications/message`, if the client wants this level.
    func log(_ level: LogLevel, logger: String, data: JSONValue) async

    /// Misbehaves as asked, before the answer or in its place.
    ///
    /// - Returns: `false` if the transport has no such way to go wrong.
    func misbehave(_ how: Misbehaviour) -> Bool

    /// Counts up and answers the new value; separately for each session.
    func count() -> Int

    /// How the request came, as JSON, for tests of what a proxy passes on.
    var transportFacts: JSONValue { get }
}
