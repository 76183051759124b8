import AsyncIO
import MCPProtocol

/// Finds the endpoint for a request and asks who sends it.
struct AgentHandler: HTTPHandler {
    let hub: AgentHub

    nonisolated(nonsending) func handle(_ exchange: HTTPExchange) async {
        let snapshot = hub.snapshot
        let path = exchange.head.pathComponents
        let origin = exchange.head.headers.first("Origin").flatMap {
            snapshot.authentication.allows($0) ? $0 : nil
        }
        var identity = RequestContext.identity(exchange.head)
        let isDIAL = path.first == "openai"
        let reply = Reply(requestID: identity.requestID, origin: origin, isDIAL: isDIAL)
        if exchange.head.method == "OPTIONS" { return await preflight(exchange, reply) }
        if let refusal = snapshot.authentication.browserRefusal(
            exchange.head.headers, listener: exchange.listenerAddress)
        {
            return await reply.send(refusal, to: exchange)
        }
        if await answerOperators(exchange, path, reply) { return }
        do throws(RunFailure) {
            identity.credentials = CallerCredentials(
                key: try callersKey(exchange.head, snapshot, isDIAL: isDIAL),
                authorization: isDIAL ? exchange.head.headers.first("Authorization") : nil)
            try await route(exchange, path, reply, identity, snapshot)
        } catch {
            await reply.send(error, to: exchange)
        }
    }

    // MARK: Who calls

    /// The key a caller came with, once it is known to be good.
    private func callersKey(
        _ head: HTTPRequestHead, _ snapshot: AgentSnapshot, isDIAL: Bool
    ) throws(RunFailure) -> String? {
        let key = isDIAL ? head.headers.first("Api-Key") ?? Authentication.bearer(head) : Authentication.bearer(head)
        guard !snapshot.configuration.apiKeys.isEmpty else { return key }
        guard let key, !key.isEmpty else { throw Authentication.invalidKey }
        // A DIAL platform makes a key for each request, which only the platform, where the model is, can judge.
        let isJudgedElsewhere = isDIAL && snapshot.configuration.models.contains { $0.auth == .passthrough }
        guard isJudgedElsewhere || snapshot.authentication.accepts(key) else { throw Authentication.invalidKey }
        return key
    }

    private nonisolated(nonsending) func preflight(_ exchange: HTTPExchange, _ reply: Reply) async {
        guard reply.origin != nil else {
            return await reply.send(
                RunFailure(403, "invalid_request_error", "origin_not_allowed", "This origin may not call the agent."),
                to: exchange)
        }
        var head = reply.head(.noContent, type: nil)
        head.headers.add("Access-Control-Allow-Methods", "GET, POST")
        head.headers.add(
            "Access-Control-Allow-Headers", exchange.head.headers.first("Access-Control-Request-Headers") ?? "*")
        head.headers.add("Access-Control-Max-Age", "600")
        await exchange.respond(head)
    }

    // MARK: Paths

    private nonisolated(nonsending) func route(
        _ exchange: HTTPExchange, _ path: [String], _ reply: Reply, _ identity: RequestIdentity,
        _ snapshot: AgentSnapshot
    ) async throws(RunFailure) {
        let listing = AgentListing(configuration: snapshot.configuration, created: hub.started)
        let completions = CompletionsEndpoint(hub: hub)
        let method = exchange.head.method
        switch path.count {
        case 3 where path == ["v1", "chat", "completions"]:
            try expect("POST", method)
            await completions.answer(exchange, agent: nil, reply: reply, identity: identity, snapshot: snapshot)
        case 4 where path == ["openai", "v1", "chat", "completions"]:
            try expect("POST", method)
            let headers = exchange.head.headers
            let name = headers.first("X-DIAL-OVERRIDE-NAME") ?? headers.first("X-DIAL-DEPLOYMENT-ID")
            await completions.answer(exchange, agent: name, reply: reply, identity: identity, snapshot: snapshot)
        case 5 where path.starts(with: ["openai", "deployments"]) && path[3...] == ["chat", "completions"]:
            try expect("POST", method)
            await completions.answer(exchange, agent: path[2], reply: reply, identity: identity, snapshot: snapshot)
        case 2 where path == ["v1", "models"]:
            try expect("GET", method)
            await reply.send(listing.models(), to: exchange)
        case 3 where path.starts(with: ["v1", "models"]):
            try expect("GET", method)
            await reply.send(try listing.model(path[2]), to: exchange)
        case 4 where path.starts(with: ["v1", "runs"]) && path[3] == "cancel":
            try expect("POST", method)
            guard hub.registry.cancel(path[2]) || hub.parked.cancel(run: path[2]) else {
                throw RunFailure(404, "invalid_request_error", "run_not_found", "There is no such run.")
            }
            await exchange.respond(reply.head(.noContent, type: nil))
        case 2 where path == ["openai", "deployments"]:
            try expect("GET", method)
            await reply.send(listing.deployments(), to: exchange)
        case 3 where path.starts(with: ["openai", "deployments"]):
            try expect("GET", method)
            await reply.send(try listing.deployment(path[2]), to: exchange)
        case 4 where path.starts(with: ["openai", "deployments"]):
            try await answerDeployment(exchange, path[2], path[3], reply, listing, snapshot)
        default: throw RunFailure(404, "invalid_request_error", "not_found", "There is nothing at this path.")
        }
    }

    private nonisolated(nonsending) func answerDeployment(
        _ exchange: HTTPExchange, _ agent: String, _ part: String, _ reply: Reply, _ listing: AgentListing,
        _ snapshot: AgentSnapshot
    ) async throws(RunFailure) {
        if let question = PromptEndpoint.Question(rawValue: part) {
            try expect("POST", exchange.head.method)
            let settings = try listing.agent(agent)
            let endpoint = PromptEndpoint(
                agent: settings, model: snapshot.configuration.models(for: settings).first)
            let body = try await CompletionsEndpoint.readJSON(exchange, limit: snapshot.configuration.maxBody)
            return await reply.send(try endpoint.answer(question, body), to: exchange)
        }
        switch part {
        case "configuration":
            try expect("GET", exchange.head.method)
            await reply.send(try listing.configurationSchema(agent), to: exchange)
        case "rate":
            try expect("POST", exchange.head.method)
            _ = try listing.deployment(agent)
            let body: ArraySlice<UInt8>
            do throws(HTTPBodyError) {
                body = try await exchange.readBody(upTo: 64 << 10)
            } catch {
                throw .invalidBody("\(error)")
            }
            do throws(JSONError) {
                let rating = try RawJSON(validating: Array(body))
                hub.log.info(
                    "rate",
                    [
                        "request_id": reply.requestID, "agent": agent,
                        "response": rating.member("responseId")?.stringValue?.cut(toBytes: 100) ?? "",
                        "rate": rating.member("rate")?.text.cut(toBytes: 20) ?? "",
                    ])
            } catch {
                throw .invalidBody("The body is not JSON: \(error).")
            }
            await exchange.respond(reply.head(.ok, type: nil))
        default: throw RunFailure(404, "invalid_request_error", "not_found", "There is nothing at this path.")
        }
    }

    private func expect(_ wanted: String, _ method: String) throws(RunFailure) {
        guard method == wanted || wanted == "GET" && method == "HEAD" else {
            throw RunFailure(405, "invalid_request_error", "method_not_allowed", "Only \(wanted) works here.")
        }
    }

    // MARK: Operators

    private nonisolated(nonsending) func answerOperators(
        _ exchange: HTTPExchange, _ path: [String], _ reply: Reply
    ) async -> Bool {
        guard path.count == 1 else { return false }
        switch path[0] {
        case "health", "healthz":
            await reply.send(Array(#"{"status":"ok"}"#.utf8), to: exchange)
        case "readyz":
            let problem = await readinessProblem()
            let body = #"{"status":"\#(problem ?? "ok")"}"#
            await exchange.respond(reply.head(problem == nil ? .ok : .serviceUnavailable), body: Array(body.utf8))
        case "metrics":
            await exchange.respond(
                reply.head(.ok, type: "text/plain; version=0.0.4"),
                body: Array(hub.runtime.services.metrics.text().utf8))
        default: return false
        }
        return true
    }

    private nonisolated(nonsending) func readinessProblem() async -> String? {
        if hub.registry.isDraining { return "shutting down" }
        let session = await hub.runtime.sessions.session(forwarding: [])
        return await session.isReachable(within: .seconds(2)) ? nil : "gateway unreachable"
    }
}
