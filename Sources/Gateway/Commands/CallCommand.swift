import AsyncIO
import Configuration
import MCPClient
import MCPProtocol

/// `mcp-gateway call`: one call of one tool, over MCP.
struct CallCommand {
    private let options: ClientOptions
    private let tool: String
    private let operand: String?

    /// Of the whole command, unless `--timeout` says otherwise. The gateway's own budgets are shorter.
    static let timeout = Duration.seconds(3600)

    init(_ arguments: inout Arguments) throws(UsageError) {
        options = try ClientOptions(&arguments, timeout: Self.timeout)
        guard let tool = arguments.takeOperand() else { throw UsageError("the name of a tool is missing") }
        self.tool = tool
        operand = arguments.takeOperand()
        try arguments.finish()
    }

    /// - Returns: 0, or 1 if the tool says that its result is an error.
    func run() throws -> Int32 {
        let arguments = try CallArguments.read(operand)
        let tool = self.tool
        let result = try GatewayClient.run(options) { gateway in
            try await Self.call(tool, arguments, through: gateway)
        }
        let text = ToolResultText(result, isForTerminal: StandardStream.output.isTerminal)
        if options.printsJSON {
            try StandardStream.output.write(Array((JSONValue(result).prettyPrinted() + "\n").utf8))
        } else {
            try StandardStream.output.write(Array(text.text.utf8))
        }
        guard text.isError else { return 0 }
        StandardStream.error.note("mcp-gateway: \(TerminalText.singleLine(tool)) answered with an error")
        return 1
    }

    private static func call(
        _ tool: String, _ arguments: RawJSON, through gateway: GatewayClient
    ) async throws(CommandFailure) -> RawJSON {
        let connection: StreamableHTTPConnection
        do throws(MCPClientError) {
            connection = try await StreamableHTTPConnection.open(
                HTTPEndpoint(url: gateway.url.endpoint, connectTimeout: GatewayClient.connectTimeout),
                clients: gateway.clients, on: gateway.loop, options: connectionOptions, until: gateway.deadline)
        } catch {
            throw await gateway.explain(error)
        }
        let outcome: Result<JSONRPCResponse, MCPClientError>
        do throws(MCPClientError) {
            outcome = .success(try await request(tool, arguments, connection, gateway))
        } catch {
            outcome = .failure(error)
        }
        // In a task of its own: a cancelled one could not say farewell, nor that the call is cancelled.
        await Task(executorPreference: gateway.loop) { await connection.close() }.value
        switch outcome {
        case .success(let response):
            switch response.outcome {
            case .result(let result): return result
            case .error(let error): throw failure(error)
            }
        case .failure(let error): throw failure(error, tool, gateway)
        }
    }

    private static var connectionOptions: ConnectionOptions {
        let limit = GatewayClient.maxAnswerBytes
        // Held as a whole: a result is shown when it is complete.
        return ConnectionOptions(
            clientInfo: GatewayVersion.implementation, capabilities: RawJSON(unchecked: Array("{}".utf8)[...]),
            maxMessageBytes: limit, maxResultBytes: limit, maxJSONDepth: 512, streamThreshold: limit)
    }

    private static func request(
        _ tool: String, _ arguments: RawJSON, _ connection: StreamableHTTPConnection, _ gateway: GatewayClient
    ) async throws(MCPClientError) -> JSONRPCResponse {
        let id = connection.makeRequestID()
        var params = JSONWriter()
        params.beginObject()
        params.key("name")
        params.string(tool)
        params.key("arguments")
        params.raw(arguments)
        params.key("_meta")
        params.beginObject()
        params.key("progressToken")
        params.integer(id)
        params.endObject()
        params.endObject()
        return try await connection.request(
            "tools/call", id: id, params: params.finish(), until: gateway.deadline, on: gateway.loop
        ) { notification in
            // Blocks the loop while the terminal does; nothing else runs on it.
            if let line = CallNotice.line(notification) { StandardStream.error.note(line) }
        }
    }

    private static func failure(_ error: MCPClientError, _ tool: String, _ gateway: GatewayClient) -> CommandFailure {
        let name = TerminalText.singleLine(tool)
        if error.kind == .timedOut, let timeout = gateway.timeout {
            return CommandFailure(
                "\(name): no answer within \(QuantityText.text(of: timeout)) (--timeout); the call was cancelled")
        }
        return CommandFailure("\(name): \(TerminalText.singleLine(error.detail))")
    }

    /// What the gateway or the server answered instead of a result.
    private static func failure(_ error: JSONRPCError) -> CommandFailure {
        var message = TerminalText.singleLine(error.message)
        if let similar = error.data?["similar"]?.elements.compactMap(\.stringValue), !similar.isEmpty {
            message += "; did you mean \(similar.map(TerminalText.singleLine).joined(separator: ", "))?"
        }
        if let missing = error.data?["serversNotListed"]?.elements.compactMap(\.stringValue), !missing.isEmpty {
            message += "; not listed yet: \(missing.map(TerminalText.singleLine).joined(separator: ", "))"
        }
        return CommandFailure("\(message) (\(error.code))")
    }
}
