import AsyncIO
import MCPClient
import MCPProtocol

/// What becomes of the messages of a client of the revisions with a handshake, whatever its transport.
struct LegacyDispatcher: Sendable {
    let router: Router
    let sessions: SessionStore
    let limits: LimitsConfiguration
    let serverInfo: Implementation
    let log: Log

    var jsonLimits: JSONLimits { JSONLimits(maxBytes: limits.maxBodyBytes, maxDepth: limits.maxJSONDepth) }

    // MARK: The handshake

    /// A session that has begun, and the answer that says so.
    struct Opened {
        let session: FrontSession
        let answer: [UInt8]
    }

    /// Answers `initialize` (MCP 2025-11-25, Lifecycle, "Initialization").
    ///
    /// - Parameter channel: the one way to the client, where its transport has one.
    func initialize(
        _ request: JSONRPCRequest, id: String = SessionStore.makeID(), channel: (any FrontChannel)? = nil,
        on loop: EventLoop
    ) async throws(JSONRPCError) -> Opened {
        let asked: InitializeRequest
        do throws(MessageError) {
            asked = try InitializeRequest(params: request.params)
        } catch {
            throw .invalidParams("initialize: \(error)")
        }
        let revision = ProtocolRevision.negotiated(forRequested: asked.protocolVersion)
        guard sessions.hasRoom else { throw Self.tooManySessions(limits) }
        let session = sessions.make(
            revision: revision, clientInfo: asked.clientInfo,
            capabilities: ClientCapabilities(asked.capabilities, revision: revision), id: id, channel: channel)
        router.begin(session)
        await router.settle(for: session, on: loop)
        guard sessions.add(session) else {
            await session.end(reason: "there are too many sessions")
            router.release(session)
            throw Self.tooManySessions(limits)
        }
        router.welcome(session)
        log.debug(
            "session opened",
            ["session": session.id.prefix(8), "client": asked.clientInfo.name, "revision": revision.rawValue])
        let result = InitializeResult(
            protocolVersion: revision, capabilities: router.capabilities(for: session).encode(for: revision),
            serverInfo: serverInfo, instructions: router.instructions(for: session))
        return Opened(session: session, answer: JSONRPC.response(id: request.id, result: result.encode()))
    }

    static func tooManySessions(_ limits: LimitsConfiguration) -> JSONRPCError {
        .internalError("\(limits.maxSessions) sessions are open, which is the limit (limits.maxSessions)")
    }

    // MARK: Requests

    /// What a request came to before any server is asked.
    enum Dispatch {
        case ready([UInt8])
        case run(CallRun)
    }

    /// - Parameter members: of the request's params.
    func dispatch(
        _ request: JSONRPCRequest, _ members: RequestMembers, _ session: FrontSession, _ reply: (any Reply)?,
        on loop: EventLoop
    ) async -> Dispatch {
        if !session.isInitialized, request.method != "ping" { router.initialized(session) }
        do throws(JSONRPCError) {
            let caller = Caller(
                session: session,
                link: reply.map {
                    ReplyLink(session: session, reply: $0, namesServer: router.configuration.usesPrefixes)
                })
            switch request.method {
            case "tools/call":
                let params: CallToolParams
                do throws(MessageError) {
                    params = try CallToolParams(members)
                } catch {
                    throw .invalidParams("\(error)")
                }
                return .run(try router.call(params, for: caller, on: loop))
            case "ping":
                return .ready(Self.empty(request.id))
            case "logging/setLevel":
                guard let level = request.params?.member("level")?.stringValue.flatMap(LoggingLevel.init(rawValue:))
                else {
                    let known = LoggingLevel.allCases.map(\.rawValue).joined(separator: ", ")
                    throw .invalidParams("params.level must be one of \(known)")
                }
                await router.setLogLevel(level, by: session)
                return .ready(Self.empty(request.id))
            case "resources/subscribe":
                try await router.subscribe(request.params, by: session)
                return .ready(Self.empty(request.id))
            case "resources/unsubscribe":
                try await router.unsubscribe(request.params, by: session)
                return .ready(Self.empty(request.id))
            case "tasks/list" where session.revision.hasCoreTasks:
                return .ready(JSONRPC.response(id: request.id, result: try session.taskList(request.params)))
            case let method where method.hasPrefix("tasks/") && !session.revision.hasCoreTasks:
                throw Self.methodNotFound(method)
            case let method:
                if method.hasPrefix("tasks/"), let answer = try session.answerAboutEndedTask(request) {
                    return .ready(JSONRPC.response(id: request.id, result: answer))
                }
                if let kind = ListKind(method: method) {
                    let result = try await router.list(
                        kind, params: request.params, for: session, on: loop)
                    return .ready(JSONRPC.response(id: request.id, result: result))
                }
                guard let run = try router.run(request, for: caller, on: loop) else {
                    throw Self.methodNotFound(method)
                }
                return .run(run)
            }
        } catch {
            return .ready(JSONRPC.error(id: request.id, error))
        }
    }

    private static func methodNotFound(_ method: String) -> JSONRPCError {
        JSONRPCError(code: ErrorCode.methodNotFound, message: "Method not found: \(method.prefix(200))")
    }

    static func empty(_ id: RequestID) -> [UInt8] { JSONRPC.response(id: id, result: Array("{}".utf8)) }

    static func idInUse(_ id: RequestID) -> [UInt8] {
        JSONRPC.error(id: id, .invalidRequest("a request with this id is in progress"))
    }

    // MARK: Notifications and answers

    /// A notification, or the answer to something we have asked.
    func take(_ message: JSONRPCMessage, _ session: FrontSession) async {
        switch message {
        case .response(let response):
            if !session.resolve(response) {
                log.debug("answer to nothing we asked", ["session": session.id.prefix(8)])
            }
        case .notification(let notification):
            switch notification.method {
            case "notifications/cancelled":
                guard let id = notification.params?.member("requestId").flatMap(RequestID.init(_:)) else { return }
                let reason = notification.params?.member("reason")?.stringValue
                await session.cancel(id, reason: reason ?? "cancelled by the client")
            case "notifications/initialized":
                router.initialized(session)
            case "notifications/roots/list_changed":
                router.rootsChanged(of: session)
            default: break
            }
        case .request: break
        }
    }
}
