import AsyncIO
import MCPProtocol

/// `/healthz` and `/readyz`, for supervisors and load balancers.
struct HealthEndpoint: Sendable {
    let catalog: Catalog
    let drain: DrainState

    /// The process is alive and its loop turns.
    func alive(_ exchange: HTTPExchange) async {
        await exchange.respond(LegacyEndpoint.jsonHead(.ok), body: Array(#"{"status":"ok"}"#.utf8))
    }

    /// Every server has been listed, or has failed once: what can be served is served.
    func ready(_ exchange: HTTPExchange) async {
        var reasons: [String] = []
        if drain.isDraining { reasons.append("the gateway is stopping") }
        if !catalog.isSettled {
            reasons += catalog.unlistedServers.map { "server \"\($0)\" has not been listed yet" }
        }
        var body = JSONWriter()
        body.beginObject()
        body.key("status")
        body.string(reasons.isEmpty ? "ready" : "unavailable")
        if !reasons.isEmpty {
            body.key("reasons")
            body.beginArray()
            for reason in reasons { body.string(reason) }
            body.endArray()
        }
        body.endObject()
        await exchange.respond(
            LegacyEndpoint.jsonHead(reasons.isEmpty ? .ok : .serviceUnavailable), body: body.finish())
    }
}
