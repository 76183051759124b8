import AsyncIO
import MCPClient
import MCPProtocol

/// Finds the server a request is for. Knows neither eras nor transports.
package struct Router: Sendable {
    package let catalog: Catalog
    package let upstreams: [String: Upstream]
    package let configuration: GatewayConfiguration
    package let allCalls: CallGate
    let sessions: SessionStore

    package init(
        catalog: Catalog, upstreams: [String: Upstream], sessions: SessionStore, configuration: GatewayConfiguration
    ) {
        self.sessions = sessions
        self.catalog = catalog
        self.upstreams = upstreams
        self.configuration = configuration
        allCalls = CallGate(limit: configuration.limits.maxInFlight)
    }

    /// In the order of the configuration.
    var upstreamsInOrder: [Upstream] { configuration.servers.compactMap { upstreams[$0.name] } }

    // MARK: Tools

    /// A `tools/call` on its way to its server.
    ///
    /// - Parameter known: the tool, where it has been looked up already.
    func call(
        _ params: CallToolParams, of known: CatalogTool? = nil, for caller: Caller, on loop: EventLoop
    ) throws(JSONRPCError) -> CallRun {
        var caller = caller
        let call: ClientCall
        let tool = known ?? catalog.snapshot(for: caller.session).tool(named: params.name)
        if let tool, let upstream = upstreams[tool.server] {
            call = toolCall(tool, params, upstream, caller)
        } else if let owner = catalog.unlistedToolOwner(params.name, for: caller.session),
            let upstream = upstreams[owner]
        {
            // Servers have tools they do not list; this one judges the name itself.
            call = unlistedToolCall(params, upstream, caller)
        } else {
            throw unknownTool(params.name, in: catalog.snapshot(for: caller.session))
        }
        if call.asksForTask, caller.session?.revision.isLegacy == true { caller.context.tasks = .core }
        return makeRun(call, for: caller, on: loop)
    }

    private func makeRun(
        _ call: ClientCall, alternatives: ArraySlice<ClientCall> = [], for caller: Caller, on loop: EventLoop
    ) -> CallRun {
        var (call, alternatives) = (call, alternatives)
        if caller.session?.revision.isModern == true {
            call.isSelfDescribing = true
            for index in alternatives.indices { alternatives[index].isSelfDescribing = true }
        }
        return CallRun(call, alternatives: alternatives, caller: caller, allCalls: allCalls, loop: loop)
    }

    private func toolCall(
        _ tool: CatalogTool, _ params: CallToolParams, _ upstream: Upstream, _ caller: Caller
    ) -> ClientCall {
        let asksForTask = asksForTask(params, tool.taskSupport, upstream, caller)
        let decidesItself = caller.session?.revision.isLegacy ?? true
        let runsAsTask = !asksForTask && tool.taskSupport == .required
        var call = ClientCall(
            method: "tools/call", subject: "tool \"\(tool.exposedName)\"", toolName: tool.exposedName,
            upstream: upstream, timeout: tool.timeout, progressToken: params.progressToken, carrier: .toolResult
        ) { hop in
            var forwarded = params.forwarded(quotedName: tool.quotedOriginalName, to: hop)
            forwarded.name = tool.originalName
            let addsTask = (runsAsTask || asksForTask && !decidesItself) && hop.revision.hasCoreTasks
            let dropsTask = params.task != nil && (!decidesItself || hop.revision.isModern)
            guard addsTask || dropsTask else { return forwarded }
            let sent = RawJSON(unchecked: forwarded.bytes[...])
            forwarded.bytes = Array((addsTask ? sent.addingTask(ttl: nil) : sent.replacing([(["task"], nil)])).bytes)
            return forwarded
        }
        call.asksForTask = asksForTask
        call.runsAsTask = runsAsTask
        call.structuredIsWrapped = tool.structuredIsWrapped
        call.mayBeRepeated = upstream.configuration.replay && tool.mayBeRepeated
        return call
    }

    private func unlistedToolCall(
        _ params: CallToolParams, _ upstream: Upstream, _ caller: Caller
    ) -> ClientCall {
        let name = params.name
        var call = ClientCall(
            method: "tools/call", subject: "tool \"\(name.prefix(200))\"", toolName: name, upstream: upstream,
            progressToken: params.progressToken, carrier: .toolResult
        ) { params.forwarded(quotedName: JSONWriter.quote(name), to: $0) }
        call.asksForTask = params.task != nil && caller.session?.revision.hasCoreTasks == true
        return call
    }

    private func unknownTool(_ name: String, in snapshot: CatalogSnapshot) -> JSONRPCError {
        unknown("tool", name, similar: snapshot.namesLike(name))
    }

    private func unknown(_ kind: String, _ name: String, similar: [String]) -> JSONRPCError {
        var data = JSONWriter()
        data.beginObject()
        data.key(kind)
        data.string(name)
        data.key("similar")
        data.beginArray()
        for similar in similar { data.string(similar) }
        data.endArray()
        let missing = catalog.unlistedServers
        if !missing.isEmpty {
            data.key("serversNotListed")
            data.beginArray()
            for server in missing { data.string(server) }
            data.endArray()
        }
        data.endObject()
        return JSONRPCError(
            code: ErrorCode.invalidParams, message: "Unknown \(kind): \(name)",
            data: RawJSON(unchecked: data.finish()[...]))
    }

    // MARK: Prompts, resources, completion

    /// A request about a prompt, a resource or a task, on its way to its server.
    ///
    /// - Returns: `nil` for a method that is not one of these.
    func run(
        _ request: JSONRPCRequest, for caller: Caller, on loop: EventLoop
    ) throws(JSONRPCError) -> CallRun? {
        guard RoutedParams.targetMember(of: request.method) != nil else { return nil }
        let params: RoutedParams
        do throws(MessageError) {
            params = try RoutedParams(method: request.method, params: request.params)
        } catch {
            throw .invalidParams("\(error)")
        }
        let calls: [ClientCall]
        switch params.targetKind {
        case .prompt: calls = [try promptCall(request.method, params, caller)]
        case .resource: calls = try resourceCalls(request.method, params, caller)
        case .task: calls = [try taskCall(request.method, params, caller)]
        }
        guard let first = calls.first else { throw notFound(params.target, caller) }
        var caller = caller
        if params.targetKind == .task { caller.context.tasks = .core }
        return makeRun(first, alternatives: calls.dropFirst(), for: caller, on: loop)
    }

    private func promptCall(
        _ method: String, _ params: RoutedParams, _ caller: Caller
    ) throws(JSONRPCError) -> ClientCall {
        let snapshot = catalog.snapshot(for: caller.session)
        let (server, name): (String, String)
        if let prompt = snapshot.prompt(named: params.target) {
            (server, name) = (prompt.server, prompt.originalName)
        } else if let owner = catalog.unlistedPromptOwner(params.target, for: caller.session) {
            (server, name) = (owner, params.target)
        } else {
            throw unknown("prompt", params.target, similar: snapshot.promptNamesLike(params.target))
        }
        guard let upstream = upstreams[server] else { throw .internalError("server \"\(server)\" is not configured") }
        return makeCall(method, params, target: name, subject: "prompt \"\(params.target.prefix(200))\"", upstream)
    }

    /// One for each server that may have the resource, best first.
    private func resourceCalls(
        _ method: String, _ params: RoutedParams, _ caller: Caller
    ) throws(JSONRPCError) -> [ClientCall] {
        catalog.snapshot(for: caller.session).route(uri: params.target).prefix(Self.maxAskedServers).compactMap {
            route in
            upstreams[route.server].map {
                var call = makeCall(
                    method, params, target: route.originalURI, subject: "resource \"\(params.target.prefix(200))\"", $0)
                call.uris = (params.target, route.originalURI)
                return call
            }
        }
    }

    /// Servers asked for a resource that none has listed, one after the other.
    private static let maxAskedServers = 32

    private func makeCall(
        _ method: String, _ params: RoutedParams, target: String, subject: String, _ upstream: Upstream
    ) -> ClientCall {
        let carrier: ResourceCarrier? =
            switch method {
            case "prompts/get": .promptResult
            case "resources/read": .readResult
            default: nil
            }
        var call = ClientCall(
            method: method, subject: subject, upstream: upstream, progressToken: params.progressToken, carrier: carrier
        ) { hop in
            let forwarded = params.forwarded(target: target, progressToken: hop.progressToken)
            guard method == "completion/complete" else { return OutgoingParams(forwarded) }
            return OutgoingParams(
                Array(RawJSON(unchecked: forwarded[...]).completionParams(for: hop.revision).bytes))
        }
        call.isSafe = true
        call.mayBeRepeated = upstream.configuration.replay
        return call
    }

    private func notFound(_ uri: String, _ caller: Caller) -> JSONRPCError {
        var data = JSONWriter()
        data.beginObject()
        data.key("uri")
        data.string(uri)
        data.endObject()
        return JSONRPCError(
            code: (caller.session?.revision ?? .latestLegacy).resourceNotFoundCode,
            message: "Resource not found: \(uri.prefix(500)) (no server offers resources)",
            data: RawJSON(unchecked: data.finish()[...]))
    }

    // MARK: Tasks

    private func taskCall(
        _ method: String, _ params: RoutedParams, _ caller: Caller
    ) throws(JSONRPCError) -> ClientCall {
        guard let task = caller.session?.task(params.target) else {
            throw .invalidParams("Task not found: \(params.target.prefix(200))")
        }
        guard let upstreamID = task.upstreamID, let upstream = upstreams[task.server] else {
            throw .internalError("server \"\(task.server)\" is not configured")
        }
        var call = ClientCall(
            method: method, subject: "task \"\(params.target.prefix(200))\"", upstream: upstream,
            progressToken: params.progressToken, carrier: method == "tasks/result" ? .toolResult : nil
        ) { hop in
            let token = method == "tasks/result" ? hop.progressToken : nil
            return OutgoingParams(params.forwarded(target: upstreamID, progressToken: token))
        }
        call.pinnedSession = task.session
        if method == "tasks/result" { call.taskID = upstreamID }
        call.isSafe = method != "tasks/cancel"
        return call
    }

    // MARK: Lists

    /// A page of one of the lists, as a client's session sees it.
    ///
    /// A first list waits a moment for servers that were never seen, or never by a client like this one; later ones are
    /// answered at once.
    func list(
        _ kind: ListKind, params: RawJSON?, for session: FrontSession, on loop: EventLoop
    ) async throws(JSONRPCError) -> RawJSON {
        let revision = session.revision
        let cursor = params?.member("cursor")
        guard let cursor, !cursor.isNull else {
            wanted(kind)
            if catalog.isOutdated(for: session) { explore(for: session, onlyOutdated: true) }
            await settle(for: session, on: loop)
            guard let page = catalog.snapshot(for: session).page(kind, at: 0, for: revision) else {
                throw .internalError("the list has no first page")
            }
            return page
        }
        guard let text = cursor.stringValue else { throw .invalidParams("params.cursor must be a string") }
        guard let page = catalog.page(kind, cursor: text, for: revision, in: session.listVariant) else {
            throw .invalidParams("params.cursor is not one of ours, or has expired; start the list again")
        }
        return page
    }
}

extension JSONRPCError {
    static func invalidParams(_ message: String) -> JSONRPCError {
        JSONRPCError(code: ErrorCode.invalidParams, message: message)
    }

    static func invalidRequest(_ message: String) -> JSONRPCError {
        JSONRPCError(code: ErrorCode.invalidRequest, message: message)
    }

    static func internalError(_ message: String) -> JSONRPCError {
        JSONRPCError(code: ErrorCode.internalError, message: message)
    }
}
