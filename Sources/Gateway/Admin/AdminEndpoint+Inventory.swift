import AsyncIO
import MCPProtocol

/// The merged lists: `/v1/tools`, `/v1/resources`, `/v1/prompts`, whole, or what `?server=` and `?q=` ask for.
extension AdminEndpoint {
    func tools(_ exchange: HTTPExchange) async {
        await answer(exchange) { [(.tools, $0.tools)] }
    }

    /// Templates as well, in a list of their own.
    func resources(_ exchange: HTTPExchange) async {
        await answer(exchange) { [(.resources, $0.resources), (.resourceTemplates, $0.resourceTemplates)] }
    }

    func prompts(_ exchange: HTTPExchange) async {
        await answer(exchange) { [(.prompts, $0.prompts)] }
    }

    func tool(_ name: String, _ exchange: HTTPExchange) async {
        guard let tool = router.catalog.snapshot.tool(named: name) else {
            await exchange.respond(HTTPProblem.unknownTool(name, in: router.catalog))
            return
        }
        let live = await liveServers()
        var body = JSONWriter()
        tool.write(isLive: live.contains(tool.server), to: &body)
        await exchange.respond(LegacyEndpoint.jsonHead(.ok), body: body.finish())
    }

    private func answer(
        _ exchange: HTTPExchange, _ lists: (CatalogSnapshot) -> [(kind: ListKind, items: [any InventoryItem])]
    ) async {
        let server = exchange.head.queryValue("server")
        let text = exchange.head.queryValue("q")?.lowercased()
        if let server, router.configuration.server(named: server) == nil {
            await exchange.respond(
                HTTPProblem(404, title: "No such server", detail: "no server \"\(server.prefix(200))\""))
            return
        }
        let live = await liveServers()
        var body = JSONWriter()
        body.beginObject()
        for list in lists(router.catalog.snapshot) {
            body.key(list.kind.member)
            body.beginArray()
            for item in list.items {
                if let server, item.server != server { continue }
                if let text, !item.contains(text) { continue }
                item.write(isLive: live.contains(item.server), to: &body)
            }
            body.endArray()
        }
        body.endObject()
        await exchange.respond(LegacyEndpoint.jsonHead(.ok), body: body.finish())
    }

    /// What the others listed is shown as it was last seen.
    private func liveServers() async -> Set<String> {
        var live: Set<String> = []
        for (name, upstream) in router.upstreams where await upstream.status.state == .ready { live.insert(name) }
        return live
    }
}
