import AsyncIO
import MCPClient
import MCPProtocol

/// What opening a connection to any upstream takes, shared by all of them.
package struct UpstreamConnector: Sendable {
    package let spawner: ProcessSpawner
    package let clients: HTTPClientGroup
    package let limits: LimitsConfiguration
    package let log: Log
    package let clientInfo: Implementation
    /// Whether questions to clients say which server asks: there is more than one.
    package let namesServer: Bool
    /// What every child gets from our own environment: enough to find and run programs, nothing that may be secret.
    private let inherited: [ChildCommand.Variable]

    private static let inheritedNames = [
        "HOME", "LANG", "LC_ALL", "LC_CTYPE", "LOGNAME", "PATH", "SHELL", "TERM", "TMPDIR", "TZ", "USER",
    ]

    package init(
        spawner: ProcessSpawner, clients: HTTPClientGroup, limits: LimitsConfiguration, log: Log,
        clientInfo: Implementation, namesServer: Bool, environment: [String: String]
    ) {
        self.namesServer = namesServer
        inherited = Self.inheritedNames.compactMap { name in
            environment[name].map { ChildCommand.Variable(name: name, value: $0) }
        }
        self.spawner = spawner
        self.clients = clients
        self.limits = limits
        self.log = log
        self.clientInfo = clientInfo
    }

    /// What a session with a server is opened with.
    ///
    /// - Parameters:
    ///   - capabilities: what to declare, on behalf of the clients the session is for.
    ///   - inbox: takes what the server says outside of any call; what it asks, only if capabilities are declared.
    func options(
        for server: ServerConfiguration, capabilities: RawJSON, inbox: UpstreamInbox,
        onClose: @escaping @Sendable (MCPClientError) -> Void
    ) -> ConnectionOptions {
        var options = ConnectionOptions(
            clientInfo: clientInfo, capabilities: capabilities, era: EraPreference(server.protocolEra),
            maxMessageBytes: limits.maxMessageBytes, maxResultBytes: limits.maxResultBytes,
            maxJSONDepth: limits.maxJSONDepth, maxStderrBytes: limits.maxStderrBytes, log: log,
            onNotification: { (notification: JSONRPCNotification) in inbox.take(notification) }, onClose: onClose)
        if capabilities != .emptyObject { options.onRequest = { (request: JSONRPCRequest) in inbox.take(request) } }
        return options
    }

    /// - Parameters:
    ///   - transport: the one that the server is known to speak; `nil` while that is unknown.
    ///   - verdict: what is known of its era.
    func open(
        _ server: ServerConfiguration, over transport: MCPTransportKind?, verdict: EraVerdict?,
        options: ConnectionOptions, on loop: EventLoop, until deadline: MonotonicInstant
    ) async throws(MCPClientError) -> any MCPConnection {
        switch server.transport {
        case .stdio(let command, let arguments, let environment, let workingDirectory):
            let own = environment.map { ChildCommand.Variable(name: $0.name, value: $0.value) }
            let child = ChildCommand(
                file: command, arguments: arguments,
                environment: inherited.filter { variable in !own.contains { $0.name == variable.name } } + own,
                workingDirectory: workingDirectory)
            let ladder = TerminationLadder(endOfInput: limits.stopTimeout, terminate: limits.stopTimeout)
            return try await StdioServerConnection.open(
                child, spawner: spawner, on: loop, options: options, ladder: ladder, verdict: verdict, until: deadline)
        case .http(let url, let headers, let kind):
            let endpoint = HTTPEndpoint(
                url: url, headers: headers.map { ($0.name, $0.value) }, connectTimeout: server.timeouts.connect)
            return try await HTTPServerConnection.open(
                endpoint, kind: Self.kind(kind, known: transport), clients: clients, on: loop, options: options,
                verdict: verdict, until: deadline)
        }
    }

    /// What is detected once need not be detected again.
    private static func kind(
        _ configured: HTTPTransportKind, known transport: MCPTransportKind?
    ) -> HTTPServerConnection.Kind {
        switch (configured, transport) {
        case (.streamable, _), (.auto, .streamableHTTP): .streamable
        case (.sse, _), (.auto, .sse): .sse
        case (.auto, _): .auto
        }
    }
}

extension EraPreference {
    init(_ configured: ProtocolEraPreference) {
        switch configured {
        case .auto: self = .auto
        case .legacy: self = .legacy
        case .modern: self = .modern
        }
    }
}
