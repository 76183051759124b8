import AsyncIO
import MCPProtocol

/// `/mcp`: one URL for the clients of all revisions. Which rules a message follows, it says itself.
final class MCPEndpoint: Sendable {
    let legacy: LegacyEndpoint
    let modern: ModernEndpoint

    init(legacy: LegacyEndpoint, modern: ModernEndpoint) {
        self.legacy = legacy
        self.modern = modern
    }

    private var jsonLimits: JSONLimits { legacy.dispatcher.jsonLimits }

    func post(_ exchange: HTTPExchange) async {
        let headers = exchange.head.headers
        guard headers.hasContentType("application/json") else {
            await exchange.respond(
                HTTPProblem(415, detail: "a message must be sent with Content-Type: application/json"))
            return
        }
        let accepts = AcceptedAnswers(headers)
        guard accepts.json || accepts.events else {
            await exchange.respond(
                HTTPProblem(
                    406, detail: "answers are application/json or text/event-stream; the Accept header allows neither"))
            return
        }
        let body: ArraySlice<UInt8>
        do throws(HTTPBodyError) {
            body = try await exchange.readBody(upTo: legacy.limits.maxBodyBytes)
        } catch {
            await exchange.respond(HTTPProblem(error))
            return
        }
        let payload: JSONRPCPayload
        do throws(JSONRPCParseError) {
            payload = try JSONRPCPayload(parsing: body, limits: jsonLimits)
        } catch {
            await refuse(exchange, id: error.id, error.rpcError)
            return
        }
        switch payload {
        case .single(.request(let request)):
            let (members, client) = modern.dispatcher.partitions.members(of: request.params)
            switch RequestEra(request, members, versionHeader: headers.first(MirroredHeaders.version)) {
            case .modern: await modern.post(request, members, client, accepts, exchange)
            case .legacy: await legacy.post(request, members, accepts, exchange)
            case .undescribed:
                await exchange.respond(
                    LegacyEndpoint.jsonHead(.badRequest), body: ModernEndpoint.undescribed(request))
            }
        case .single(.notification(let notification)):
            let isModern =
                RequestMeta.claim(in: notification.params) != nil
                || headers.first(MirroredHeaders.version).map(RequestEra.isModern) == true
            if !headers.contains("Mcp-Session-Id"), isModern {
                // There is none that a client could mean something by over HTTP.
                await exchange.respond(HTTPResponseHead(.accepted))
            } else {
                await legacy.take(.notification(notification), exchange)
            }
        case .single(let message): await legacy.take(message, exchange)
        case .batch(let entries):
            guard !entries.contains(where: Self.describesItself) else {
                await refuse(exchange, id: nil, .invalidRequest("2026-07-28 has no batches"))
                return
            }
            await legacy.post(entries, accepts, exchange)
        }
    }

    private static func describesItself(_ entry: Result<JSONRPCMessage, JSONRPCParseError>) -> Bool {
        guard case .success(.request(let request)) = entry else { return false }
        return RequestMeta.claim(in: request.params) != nil
    }

    private func refuse(_ exchange: HTTPExchange, id: RequestID?, _ error: JSONRPCError) async {
        let headers = exchange.head.headers
        let session = headers.first("Mcp-Session-Id").flatMap(legacy.sessions.session)
        await exchange.respond(
            LegacyEndpoint.jsonHead(.badRequest), body: LegacyEndpoint.refusal(id: id, error, in: session, headers))
    }
}
