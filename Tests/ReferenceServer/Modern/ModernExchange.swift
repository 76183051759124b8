import AsyncIO
import MCPProtocol

/// Who has sent a request of 2026-07-28, and over what. Nothing of it is known from earlier requests.
struct ModernCaller: Sendable {
    /// Tells this connection, over HTTP this request, from others in a record.
    let label: String
    let transport: TransportKind
    /// `nil` where the transport has none.
    let headers: HTTPHeaders?
}

/// One request of 2026-07-28, with what it says of itself and where its answer goes.
@LoopActor
final class ModernExchange {
    let request: JSONRPCRequest
    let envelope: ModernEnvelope
    let caller: ModernCaller
    let sink: any MessageSink

    init(_ request: JSONRPCRequest, _ envelope: ModernEnvelope, _ caller: ModernCaller, _ sink: any MessageSink) {
        self.request = request
        self.envelope = envelope
        self.caller = caller
        self.sink = sink
    }

    var id: RequestID { request.id }
    var params: RawJSON? { request.params }
}
