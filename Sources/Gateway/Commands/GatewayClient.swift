import AsyncIO
import Configuration
import MCPClient
import MCPProtocol

/// A running gateway, as the command line sees it.
struct GatewayClient: Sendable {
    let url: GatewayURL
    let loop: EventLoop
    let clients: HTTPClientGroup
    /// When the command's time is over; `timeout` is what it was given.
    let deadline: MonotonicInstant
    let timeout: Duration?

    static let connectTimeout = Duration.seconds(10)
    /// An inventory or a result; a gateway with its default limits has none that is larger.
    static let maxAnswerBytes = 256 << 20

    /// Does the work of a command while the thread of `main` waits.
    static func run<Value: Sendable>(
        _ options: ClientOptions, _ body: @escaping @Sendable (GatewayClient) async throws -> Value
    ) throws -> Value {
        try ForegroundWork.run { loop in
            var settings = HTTPClientOptions(environment: options.environment)
            settings.userAgent = "\(GatewayVersion.name)/\(GatewayVersion.number)"
            // No proxy leads to the machine itself.
            if options.url.isLoopback { settings.proxies = HTTPProxySettings() }
            let clients = try HTTPClientGroup(loops: [loop], options: settings)
            let gateway = GatewayClient(
                url: options.url, loop: loop, clients: clients,
                deadline: options.timeout.map { .now + $0 } ?? .distantFuture, timeout: options.timeout)
            let outcome: Result<Value, any Error>
            do { outcome = .success(try await body(gateway)) } catch { outcome = .failure(error) }
            await clients.close()
            return try outcome.get()
        }
    }

    /// The JSON that the gateway answers to a GET.
    ///
    /// - Parameter path: with its query, encoded.
    func get(_ path: String) async throws(CommandFailure) -> RawJSON {
        let status: Int
        let body: [UInt8]
        do throws(HTTPClientError) {
            let request = HTTPClientRequest(
                method: "GET", url: url.base + path, headers: [("Accept", "application/json")])
            let response = try await clients.client(for: loop).send(
                request, connectTimeout: Self.connectTimeout, deadline: deadline)
            status = response.status
            body = try await response.readAll(upTo: Self.maxAnswerBytes, until: deadline)
        } catch {
            throw unreachable(error)
        }
        let answer: RawJSON
        do throws(JSONError) {
            answer = try RawJSON(
                validating: body[...], limits: JSONLimits(maxBytes: Self.maxAnswerBytes, maxDepth: 512))
        } catch {
            throw CommandFailure(
                "\(url.base)\(path.prefix { $0 != "?" }) answered HTTP status \(status) and no JSON; is it an MCP gateway?"
            )
        }
        guard status == 200 else {
            // RFC 9457, as all the gateway's errors outside MCP.
            let detail = answer.member("detail")?.stringValue ?? answer.member("title")?.stringValue
            throw CommandFailure(
                "\(url.base) answered \(status)\(detail.map { ": " + TerminalText.singleLine($0) } ?? "")")
        }
        return answer
    }

    /// Why there is no answer, in the operator's words.
    private func unreachable(_ error: HTTPClientError) -> CommandFailure {
        switch error {
        case .couldNotConnect(_, let cause?):
            CommandFailure("cannot reach the gateway at \(url.base): \(cause.reason); is it running?")
        case .timedOut:
            CommandFailure(
                "no answer from the gateway at \(url.base) within \(timeout.map(QuantityText.text(of:)) ?? "its time")")
        default: CommandFailure("cannot reach the gateway at \(url.base): \(error)")
        }
    }

    /// Why there is no connection: MCPClient's account, or a better one, found by asking for something simple.
    func explain(_ error: MCPClientError) async -> CommandFailure {
        do throws(CommandFailure) {
            _ = try await get("/healthz")
        } catch {
            return error
        }
        return CommandFailure("cannot open a session at \(url.endpoint): \(error.detail)")
    }
}
