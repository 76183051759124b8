import AsyncIO
import Configuration
import MCPProtocol

/// The inventory for operators: `/v1/servers`, and what they have: `/v1/tools`, `/v1/resources`, `/v1/prompts`.
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
        switch (server.transport, status?.transport) {
        case (.stdio, _): body.string("stdio")
        case (.http, .sse), (.http(_, _, .sse), _): body.string("sse")
        case (.http, _): body.string("http")
        }
        body.key("state")
        body.string(status?.state.rawValue ?? "disabled")
        if let status {
            if let verdict = status.verdict {
                body.key("era")
                body.string(verdict.era.rawValue)
                body.key("evidence")
                body.string(redactor.redact(verdict.evidence))
            }
            if let revision = status.revision {
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
            let listed = router.catalog.snapshot.server(named: server.name)
            if let listed {
                body.key("capabilities")
                body.raw(listed.capabilities)
            }
            for kind in ListKind.allCases {
                body.key(kind.member)
                body.integer(listed?.counts[kind] ?? 0)
            }
            body.key("sessions")
            body.integer(status.sessions)
            body.key("lateAnswers")
            body.integer(status.lateAnswers)
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
}

extension HTTPProblem {
    /// - Parameter catalog: where no tool has this name.
    static func unknownTool(_ name: String, in catalog: Catalog) -> HTTPProblem {
        let similar = catalog.snapshot.namesLike(name)
        var detail = "no tool \"\(name.prefix(200))\""
        if !similar.isEmpty { detail += "; did you mean \(similar.joined(separator: ", "))?" }
        let missing = catalog.unlistedServers
        if !missing.isEmpty { detail += "; not listed yet: \(missing.joined(separator: ", "))" }
        return HTTPProblem(404, title: "No such tool", detail: detail)
    }
}
