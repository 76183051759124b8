import AsyncIO
import MCPClient
import MCPProtocol
import Synchronization

/// What becomes of the requests of clients of 2026-07-28, whatever their transport. Nothing is kept between two requests
/// but calls that wait for answers, and tasks.
struct ModernDispatcher: Sendable {
    let router: Router
    let partitions: ClientPartitions
    let parked: ParkedCalls
    let tasks: ClientTasks
    let sealer: RequestStateSealer
    let limits: LimitsConfiguration
    let serverInfo: Implementation
    /// The same as JSON.
    let encodedServerInfo: [UInt8]
    let log: Log

    init(
        router: Router, sessions: SessionStore, parked: ParkedCalls, tasks: ClientTasks,
        sealer: RequestStateSealer, limits: LimitsConfiguration, serverInfo: Implementation, log: Log
    ) {
        self.router = router
        partitions = ClientPartitions(router, sessions: sessions, maxAffinities: limits.maxAffinities)
        self.parked = parked
        self.tasks = tasks
        self.sealer = sealer
        self.limits = limits
        self.serverInfo = serverInfo
        encodedServerInfo = serverInfo.encode(for: .v2026_07_28)
        self.log = log
    }

    /// An answer, and the HTTP status it goes with.
    struct Answer {
        let message: [UInt8]
        var status = HTTPStatus.ok

        init(_ message: [UInt8], status: HTTPStatus = .ok) {
            self.message = message
            self.status = status
        }

        init(_ id: RequestID, _ error: JSONRPCError) {
            message = JSONRPC.error(id: id, error)
            status = Self.status(of: error)
        }

        /// MCP 2026-07-28, Transports, "Errors".
        static func status(of error: JSONRPCError) -> HTTPStatus {
            switch error.code {
            case ErrorCode.methodNotFound: .notFound
            case ErrorCode.parseError, ErrorCode.invalidRequest, ErrorCode.headerMismatch,
                ErrorCode.missingRequiredClientCapability, ErrorCode.unsupportedProtocolVersion:
                .badRequest
            default: .ok
            }
        }
    }

    // MARK: What a request says of itself

    /// Reads what a request says of itself and of its sender.
    ///
    /// - Parameters:
    ///   - members: of its params.
    ///   - known: who describes itself so, if that is known from a request before.
    ///   - headers: checked against the body, where the transport has them.
    ///   - origin: the client's address.
    /// - Throws: the answer, when the request is refused before anything is done.
    func read(
        _ request: JSONRPCRequest, _ members: RequestMembers, _ known: DescribedClient?, headers: HTTPHeaders?,
        origin: String
    ) throws(Refusal) -> ModernRequest {
        let meta: RequestMeta
        do throws(MessageError) {
            if let known { meta = known.meta } else { meta = try RequestMeta(members) }
        } catch {
            // Here, and only here, goes with a status of its own.
            throw Refusal(
                answer: Answer(JSONRPC.error(id: request.id, .invalidParams("\(error)")), status: .badRequest))
        }
        do throws(JSONRPCError) {
            if let headers { try RequestHeaders.check(headers, against: request, members, meta) }
            guard meta.protocolVersion == ProtocolRevision.v2026_07_28.rawValue else {
                throw Self.unsupported(meta.protocolVersion)
            }
            guard Self.isKnown(request.method) else { throw Self.methodNotFound(request.method) }
            let client: DescribedClient
            if let known { client = known } else { client = try partitions.client(describedIn: members, meta) }
            let tool = tool(of: request, members, for: client.partition)
            var parameterHeaders: [(name: String, value: String)] = []
            if let headers, request.method == "tools/call" {
                let declared = tool?.parameterHeaders ?? .none
                try RequestHeaders.check(headers, against: members[.arguments], declared: declared)
                parameterHeaders = try RequestHeaders.undeclared(in: headers, beside: declared)
            }
            if meta.logLevel != nil, client.logLevel == nil {
                let levels = LoggingLevel.allCases.map(\.rawValue).joined(separator: ", ")
                throw .invalidParams("params._meta[\"\(MetaKey.logLevel)\"] must be one of \(levels)")
            }
            return ModernRequest(
                request, members, client, origin: origin, isOnOwnTransport: headers == nil, tool: tool,
                parameterHeaders: parameterHeaders)
        } catch {
            throw Refusal(answer: Answer(request.id, error))
        }
    }

    struct Refusal: Error {
        let answer: Answer
    }

    /// - Returns: `nil`, too, for tools that are not listed.
    private func tool(
        of request: JSONRPCRequest, _ members: RequestMembers, for partition: FrontSession
    ) -> CatalogTool? {
        guard request.method == "tools/call", let name = members[.name]?.stringValue else { return nil }
        return router.catalog.snapshot(for: partition).tool(named: name)
    }

    private static func isKnown(_ method: String) -> Bool {
        switch method {
        case DiscoverResult.method, SubscriptionFilter.method, "tools/call", "prompts/get", "resources/read",
            "completion/complete":
            true
        default: ListKind(method: method) != nil || taskMethods.contains(method)
        }
    }

    static func methodNotFound(_ method: String) -> JSONRPCError {
        JSONRPCError(code: ErrorCode.methodNotFound, message: "Method not found: \(method.prefix(200))")
    }

    /// The versions of all clients that are served, newest first; for one that describes itself although it is of the time
    /// before, the versions that do.
    static func unsupported(_ version: String) -> JSONRPCError {
        let isLegacy = ProtocolRevision(rawValue: version)?.isLegacy == true
        let supported = isLegacy ? ProtocolRevision.allCases.filter(\.isModern) : ProtocolRevision.allCases
        var data = JSONWriter()
        data.beginObject()
        data.key("supported")
        data.beginArray()
        for revision in supported.reversed() { data.string(revision.rawValue) }
        data.endArray()
        data.key("requested")
        data.string(version)
        data.endObject()
        return JSONRPCError(
            code: ErrorCode.unsupportedProtocolVersion, message: "Unsupported protocol version",
            data: RawJSON(unchecked: data.finish()[...]))
    }

    // MARK: Answering

    /// Answers a request, however long that takes.
    func answer(
        _ request: ModernRequest, _ reply: any Reply, _ cancellation: RequestCancellation, on loop: EventLoop
    ) async {
        do throws(JSONRPCError) {
            if let level = request.logLevel { await note(level, of: request.partition) }
            let method = request.request.method
            if method == "tools/call" || method == "prompts/get" || method == "resources/read" {
                return try await call(request, reply, cancellation, on: loop)
            }
            try requireCapability(of: method, for: request.partition)
            if method == DiscoverResult.method {
                return await send(discover(for: request.partition, on: loop), request, reply)
            }
            if Self.taskMethods.contains(method) { return try await answerAboutTask(request, reply) }
            if let kind = ListKind(method: method) {
                return await send(try await list(kind, request, on: loop), request, reply)
            }
            guard let run = try router.run(request.request, for: request.caller(link: nil), on: loop) else {
                throw Self.methodNotFound(method)
            }
            await relay(run, request, reply, cancellation)
        } catch {
            let answer = Answer(request.id, error)
            await reply.send(answer.message, as: answer.status)
        }
    }

    private func send(_ result: RawJSON, _ request: ModernRequest, _ reply: any Reply) async {
        await reply.send(JSONRPC.response(id: request.id, result: result))
    }

    /// Servers that know sessions only are asked for the most verbose that a client of the partition has wanted.
    private func note(_ level: LoggingLevel, of partition: FrontSession) async {
        if let known = partition.requestedLogLevel, known <= level { return }
        await router.setLogLevel(level, by: partition)
    }

    /// What no server has is not found (MCP 2026-07-28, Transports, "Errors").
    private func requireCapability(of method: String, for partition: FrontSession) throws(JSONRPCError) {
        let all = router.capabilities(for: partition)
        let isThere =
            switch method {
            case "tools/list": all.tools
            case "resources/list", "resources/templates/list": all.resources
            case "prompts/list": all.prompts
            case "completion/complete": all.completions
            case _ where Self.taskMethods.contains(method): all.tasks != nil
            default: true
            }
        if !isThere { throw Self.methodNotFound(method) }
    }

    /// MCP 2026-07-28, Lifecycle, "Discovery".
    private func discover(for partition: FrontSession, on loop: EventLoop) async -> RawJSON {
        await router.settle(for: partition, on: loop)
        let hints = router.hints(for: partition)
        let result = DiscoverResult(
            supportedVersions: ProtocolRevision.allCases.reversed().map(\.rawValue),
            capabilities: router.capabilities(for: partition).encode(for: .v2026_07_28), serverInfo: serverInfo,
            instructions: router.instructions(for: partition), ttlMilliseconds: hints.ttlMilliseconds,
            isPublic: hints.isPublic)
        return RawJSON(unchecked: result.encode()[...])
    }

    private func list(
        _ kind: ListKind, _ request: ModernRequest, on loop: EventLoop
    ) async throws(JSONRPCError) -> RawJSON {
        let page = try await router.list(kind, params: request.request.params, for: request.partition, on: loop)
        let hints = router.hints(for: request.partition, [kind])
        // The page is our own writing, an object with members, and may be long: it is not looked into again.
        var result = Array(#"{"resultType":"complete","ttlMs":\#(hints.ttlMilliseconds),"cacheScope":""#.utf8)
        result.reserveCapacity(result.count + page.bytes.count + encodedServerInfo.count + 80)
        result += Array((hints.isPublic ? "public" : "private").utf8)
        result += Array(#"","_meta":{"\#(MetaKey.serverInfo)":"#.utf8)
        result += encodedServerInfo
        result += Array("},".utf8)
        result += page.bytes.dropFirst()
        return RawJSON(unchecked: result[...])
    }
}
