import AsyncIO
import MCPProtocol

/// The inventory for operators: `/v1/servers` and `/v1/tools`.
struct AdminEndpoint: Sendable {
    let router: Router

    // MARK: Servers

    func servers(_ exchange: HTTPExchange) async {
        var body = JSONWriter()
        body.beginObject()
        body.key("servers")
        body.beginArray()
        for server in router.configuration.servers { await write(server, withErrors: false, to: &body) }
        body.endArray()
        body.endObject()
        await exchange.respond(LegacyEndpoint.jsonHead(.ok), body: body.finish())
    }

    func server(_ name: String, _ exchange: HTTPExchange) async {
        guard let server = router.configuration.server(named: name) else {
            let known = router.configuration.servers.map { "\"\($0.name)\"" }.joined(separator: ", ")
            await exchange.respond(
                HTTPProblem(
                    404, title: "No such server", detail: "no server \"\(name.prefix(200))\"; there are \(known)"))
            return
        }
        var body = JSONWriter()
        await write(server, withErrors: true, to: &body)
        await exchange.respond(LegacyEndpoint.jsonHead(.ok), body: body.finish())
    }

    private func write(_ server: ServerConfiguration, withErrors: Bool, to body: inout JSONWriter) async {
        let upstream = router.upstreams[server.name]
        let status = await upstream?.status
        let redactor = router.configuration.redactor
        body.beginObject()
        body.key("name")
        body.string(server.name)
        body.key("prefix")
        body.string(server.prefix)
        body.key("transport")
        switch server.transport {
        case .stdio: body.string("stdio")
        case .http: body.string("http")
        }
        body.key("state")
        body.string(status?.state.rawValue ?? "disabled")
        if let status {
            if let revision = status.revision {
                body.key("era")
                body.string(revision.isLegacy ? "legacy" : "modern")
                body.key("revision")
                body.string(revision.rawValue)
            }
            if let info = status.serverInfo {
                body.key("serverInfo")
                body.beginObject()
                body.key("name")
                body.string(info.name)
                body.key("version")
                body.string(info.version)
                body.endObject()
            }
            body.key("tools")
            body.integer(status.toolCount)
            body.key("restarts")
            body.integer(status.restarts)
            if let pid = status.processID {
                body.key("pid")
                body.integer(pid)
            }
            if let error = status.lastError {
                body.key("lastError")
                body.beginObject()
                body.key("message")
                body.string(redactor.redact(error.message))
                body.key("since")
                body.string(error.since)
                body.endObject()
            }
            if withErrors {
                body.key("stderr")
                body.beginArray()
                for line in status.recentErrors { body.string(redactor.redact(line)) }
                body.endArray()
            }
        }
        if let meter = upstream?.meter {
            body.key("calls")
            body.integer(meter.calls)
            body.key("failures")
            body.integer(meter.failures)
            body.key("inFlight")
            body.integer(meter.inFlight)
            body.key("latencyMs")
            body.beginObject()
            for (name, share) in [("p50", 0.5), ("p99", 0.99)] {
                guard let latency = meter.latency(percentile: share) else { continue }
                body.key(name)
                body.number(Double(latency.clampedNanoseconds / 1000) / 1000)
            }
            body.endObject()
        }
        body.endObject()
    }

    // MARK: Tools

    func tools(_ exchange: HTTPExchange) async {
        let server = exchange.head.queryValue("server")
        let text = exchange.head.queryValue("q")?.lowercased()
        if let server, router.configuration.server(named: server) == nil {
            await exchange.respond(
                HTTPProblem(404, title: "No such server", detail: "no server \"\(server.prefix(200))\""))
            return
        }
        let states = await serverStates()
        var body = JSONWriter()
        body.beginObject()
        body.key("tools")
        body.beginArray()
        for tool in router.catalog.snapshot.tools {
            if let server, tool.server != server { continue }
            if let text, !tool.exposedName.lowercased().contains(text),
                tool.description?.lowercased().contains(text) != true
            {
                continue
            }
            write(tool, state: states[tool.server], to: &body)
        }
        body.endArray()
        body.endObject()
        await exchange.respond(LegacyEndpoint.jsonHead(.ok), body: body.finish())
    }

    func tool(_ name: String, _ exchange: HTTPExchange) async {
        let snapshot = router.catalog.snapshot
        guard let tool = snapshot.tool(named: name) else {
            await exchange.respond(HTTPProblem.unknownTool(name, in: snapshot))
            return
        }
        let states = await serverStates()
        var body = JSONWriter()
        write(tool, state: states[tool.server], to: &body)
        await exchange.respond(LegacyEndpoint.jsonHead(.ok), body: body.finish())
    }

    private func serverStates() async -> [String: UpstreamStatus.State] {
        var states: [String: UpstreamStatus.State] = [:]
        for (name, upstream) in router.upstreams { states[name] = await upstream.status.state }
        return states
    }

    private func write(_ tool: CatalogTool, state: UpstreamStatus.State?, to body: inout JSONWriter) {
        body.beginObject()
        body.key("name")
        body.string(tool.exposedName)
        body.key("server")
        body.string(tool.server)
        body.key("originalName")
        body.string(tool.originalName)
        if let description = tool.description {
            body.key("description")
            body.string(description)
        }
        // "stale": as last seen; the server is away.
        body.key("freshness")
        body.string(state == .ready ? "live" : "stale")
        for member in ["inputSchema", "outputSchema", "annotations"] {
            guard let value = tool.definition.member(member) else { continue }
            body.key(member)
            body.raw(value)
        }
        body.endObject()
    }
}

extension HTTPProblem {
    static func unknownTool(_ name: String, in snapshot: CatalogSnapshot) -> HTTPProblem {
        let similar = snapshot.namesLike(name)
        let hint = similar.isEmpty ? "" : "; did you mean \(similar.joined(separator: ", "))?"
        return HTTPProblem(404, title: "No such tool", detail: "no tool \"\(name.prefix(200))\"\(hint)")
    }
}
