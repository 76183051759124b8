import AsyncIO
import Glibc
import MCPProtocol

/// The Streamable HTTP endpoint of 2026-07-28 (Transports, "Streamable HTTP"): every POST stands alone.
extension HTTPEndpoint {
    /// Intermediaries shall not hold events back.
    private static let modernFields: HTTPHeaders = ["X-Accel-Buffering": "no"]

    func postModern(_ payload: JSONRPCPayload, _ body: ArraySlice<UInt8>, _ head: HTTPRequestHead) -> HTTPReply {
        let caller = makeCaller(head)
        var (isCall, isListen) = (false, false)
        var onDisconnect: (@LoopActor @Sendable () -> Void)?
        if case .single(.request(let request)) = payload {
            isCall = request.method == "tools/call"
            isListen = request.method == SubscriptionFilter.method
            let id = server.options.echoesStringIDs ? LegacySession.echoedID(request.id) : request.id
            let modern = server.modern
            // Going away takes the request back.
            onDisconnect = { modern.cancel(id, of: caller, knows: RawJSON(unchecked: id.encode()[...])) }
        }
        let sink = PostSink(
            head: head, format: isListen ? .automatic : server.options.answerFormat,
            endsEarly: server.options.endsStreamsEarly && isCall
        ) { EventStream() }
        let reception = server.modern.receive(payload, text: body, from: caller, sink: sink)
        return reply(reception, sink, Self.modernFields, onDisconnect: onDisconnect)
    }

    func refuse(_ error: JSONRPCParseError) -> HTTPReply {
        let caller = ModernCaller(label: "request-\(server.makeNumber())", transport: .http, headers: nil)
        return .message(
            HTTPResponseHead(.badRequest, headers: ["Content-Type": "application/json"]),
            server.modern.refuse(error, from: caller))
    }

    private func makeCaller(_ head: HTTPRequestHead) -> ModernCaller {
        ModernCaller(label: "request-\(server.makeNumber())", transport: .http, headers: head.headers)
    }

    /// Answers `server/discover` wrongly. What is wrong on purpose is not recorded.
    func answerProbe(
        _ request: JSONRPCRequest, _ body: ArraySlice<UInt8>, _ head: HTTPRequestHead, _ fault: ProbeFault
    ) -> HTTPReply {
        server.statistics.count(request.method)
        if let message = fault.answer(to: request.id, serverName: server.options.name) {
            return .message(
                HTTPResponseHead(
                    HTTPStatus(rawValue: message.status), headers: ["Content-Type": "application/json"]), message)
        }
        switch fault {
        case .status(let status): return .empty(HTTPResponseHead(HTTPStatus(rawValue: status)))
        case .garbage:
            return .message(
                HTTPResponseHead(.ok, headers: ["Content-Type": "text/html"]),
                OutgoingMessage(Array("<html><body>It works!</body></html>".utf8)))
        case .exit: exit(1)
        default:
            let sink = PostSink(head: head, format: .automatic) { EventStream() }
            return .pending(sink, HTTPHeaders()) { sink.finish(nil) }
        }
    }
}
