import AsyncIO
import MCPProtocol

/// `/mcp` for clients of 2026-07-28 (MCP 2026-07-28, Transports, "Streamable HTTP").
struct ModernEndpoint: Sendable {
    let dispatcher: ModernDispatcher

    func post(
        _ request: JSONRPCRequest, _ members: RequestMembers, _ client: DescribedClient?, _ accepts: AcceptedAnswers,
        _ exchange: HTTPExchange
    ) async {
        let read: ModernRequest
        do throws(ModernDispatcher.Refusal) {
            read = try dispatcher.read(
                request, members, client, headers: exchange.head.headers, origin: exchange.clientOrigin)
        } catch {
            await exchange.respond(LegacyEndpoint.jsonHead(error.answer.status), body: error.answer.message)
            return
        }
        if request.method == SubscriptionFilter.method { return await dispatcher.listen(read, accepts, exchange) }
        let reply = ModernReply(exchange, id: request.id, accepts: accepts, limits: dispatcher.limits)
        let cancellation = RequestCancellation()
        reply.whenGone { cancellation.cancel() }
        await dispatcher.answer(read, reply, cancellation, on: exchange.loop)
    }

    /// The answer to a request that can only be of this era, but does not describe itself.
    static func undescribed(_ request: JSONRPCRequest) -> [UInt8] {
        JSONRPC.error(
            id: request.id,
            .invalidParams(
                "params._meta must have \"\(MetaKey.protocolVersion)\" and \"\(MetaKey.clientCapabilities)\""))
    }
}

extension HTTPExchange {
    /// Where the client is, for limits that one client must not use up for all: its address without the port.
    fileprivate var clientOrigin: String {
        guard case .ip(let address, _)? = remoteAddress?.kind else { return "local" }
        return address
    }
}
