import AsyncIO

/// Every request enters here and goes to the endpoint its path names.
///
/// An object: the endpoints with all they know are some kilobytes, which a value would copy for each request.
final class GatewayHandler: HTTPHandler {
    let requestGuard: RequestGuard
    let mcp: MCPEndpoint
    let sse: SSEEndpoint
    let admin: AdminEndpoint
    let tools: ToolsEndpoint
    let health: HealthEndpoint

    init(
        requestGuard: RequestGuard, mcp: MCPEndpoint, sse: SSEEndpoint, admin: AdminEndpoint, tools: ToolsEndpoint,
        health: HealthEndpoint
    ) {
        self.requestGuard = requestGuard
        self.mcp = mcp
        self.sse = sse
        self.admin = admin
        self.tools = tools
        self.health = health
    }

    func handle(_ exchange: HTTPExchange) async {
        if let refusal = requestGuard.refusal(exchange.head, listener: exchange.listenerAddress) {
            await exchange.respond(refusal)
            return
        }
        let path = exchange.head.pathComponents
        let method = exchange.head.method
        switch (path.first, path.dropFirst().first, path.count) {
        case ("mcp", nil, 1):
            switch method {
            case "POST": await mcp.post(exchange)
            case "GET": await mcp.legacy.get(exchange)
            case "DELETE": await mcp.legacy.delete(exchange)
            default: await refuse(exchange, allowing: "GET, POST, DELETE")
            }
        case ("sse", nil, 1):
            await only(["GET"], exchange) { await sse.open(exchange) }
        case ("messages", nil, 1):
            await only(["POST"], exchange) { await sse.post(exchange) }
        case ("healthz", nil, 1):
            await only(["GET", "HEAD"], exchange) { await health.alive(exchange) }
        case ("readyz", nil, 1):
            await only(["GET", "HEAD"], exchange) { await health.ready(exchange) }
        case ("v1", "servers", 2):
            await only(["GET", "HEAD"], exchange) { await admin.servers(exchange) }
        case ("v1", "servers", 3):
            await only(["GET", "HEAD"], exchange) { await admin.server(path[2], exchange) }
        case ("v1", "tools", 2):
            await only(["GET", "HEAD"], exchange) { await admin.tools(exchange) }
        case ("v1", "resources", 2):
            await only(["GET", "HEAD"], exchange) { await admin.resources(exchange) }
        case ("v1", "prompts", 2):
            await only(["GET", "HEAD"], exchange) { await admin.prompts(exchange) }
        case ("v1", "tools", 3):
            switch method {
            case "GET", "HEAD": await admin.tool(path[2], exchange)
            case "POST": await tools.call(path[2], exchange)
            default: await refuse(exchange, allowing: "GET, HEAD, POST")
            }
        default:
            await exchange.respond(
                HTTPProblem(
                    404, detail: "there is nothing at \(exchange.head.path.prefix(200)); the MCP endpoint is /mcp"))
        }
    }

    private func only(_ methods: [String], _ exchange: HTTPExchange, _ answer: () async -> Void) async {
        if methods.contains(exchange.head.method) {
            await answer()
        } else {
            await refuse(exchange, allowing: methods.joined(separator: ", "))
        }
    }

    private func refuse(_ exchange: HTTPExchange, allowing methods: String) async {
        await exchange.refuseMethod(
            allowing: methods,
            detail: "\(exchange.head.method.prefix(40)) is not possible at \(exchange.head.path.prefix(200))")
    }
}
