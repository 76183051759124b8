import AsyncIO
import MCPProtocol

/// Carries the messages of a server of 2026-07-28, whoever they are for. The requests are complete: with their `_meta`.
protocol ModernCarrier: AnyObject, Sendable {
    var transport: MCPTransportKind { get }
    var processID: Int32? { get }
    var lateAnswers: Int { get async }
    func recentErrors() async -> [String]

    func makeRequestID() -> Int64

    /// What HTTP servers want to read outside of a message: these headers, and those that every request has.
    func allHeaders(with headers: [(name: String, value: String)]) -> AllHeaders

    func carry(
        id: Int64, method: String, params: [UInt8], headers: AllHeaders, on loop: EventLoop
    ) async throws(MCPClientError) -> any MCPExchange

    func notify(method: String, params: [UInt8]?) async throws(MCPClientError)
    func close() async
}

/// All headers of a request: see ``ModernCarrier/allHeaders(with:)``.
struct AllHeaders: Sendable {
    fileprivate let fields: [(name: String, value: String)]

    /// With those of whoever made the request, which do not count where there is one of the name.
    func adding(_ others: [(name: String, value: String)]) -> AllHeaders {
        if others.isEmpty { return self }
        let names = Set(fields.map { $0.name.lowercased() })
        return AllHeaders(fields: fields + others.filter { !names.contains($0.name.lowercased()) })
    }
}

extension StreamableHTTPConnection: ModernCarrier {
    func allHeaders(with headers: [(name: String, value: String)]) -> AllHeaders {
        AllHeaders(fields: commonHeaders + headers)
    }

    func carry(
        id: Int64, method: String, params: [UInt8], headers: AllHeaders, on loop: EventLoop
    ) async throws(MCPClientError) -> any MCPExchange {
        try send(id: id, method: method, params: params, headers: headers.fields, on: loop)
    }
}

extension StdioConnection: ModernCarrier {
    nonisolated func allHeaders(with _: [(name: String, value: String)]) -> AllHeaders { AllHeaders(fields: []) }

    func carry(
        id: Int64, method: String, params: [UInt8], headers _: AllHeaders, on loop: EventLoop
    ) async throws(MCPClientError) -> any MCPExchange {
        try await begin(id: id, method: method, params: params, context: RequestContext(), on: loop)
    }
}

extension ModernCarrier {
    /// Asks the server what it speaks and what it has (MCP 2026-07-28, Lifecycle, "Discovery").
    func discover(
        _ options: ConnectionOptions, on loop: EventLoop, until deadline: MonotonicInstant
    ) async throws(MCPClientError) -> JSONRPCResponse {
        let exchange = try await beginDiscovery(options, on: loop)
        do throws(MCPClientError) {
            while true {
                switch try await exchange.next(until: deadline) {
                case .response(let response): return response
                case .stream:
                    throw MCPClientError(
                        .tooLarge(limit: options.streamThreshold),
                        "the answer to server/discover is longer than \(options.streamThreshold) bytes",
                        mayHaveExecuted: false)
                case .notification, .request, .alive: continue
                }
            }
        } catch {
            await exchange.cancel(reason: "no longer needed")
            throw error
        }
    }

    func beginDiscovery(
        _ options: ConnectionOptions, on loop: EventLoop
    ) async throws(MCPClientError) -> any MCPExchange {
        let params = RawJSON.emptyObject.requestParams(
            capabilities: options.capabilities,
            clientInfo: RawJSON(unchecked: options.clientInfo.encode(for: .v2026_07_28)[...]), logLevel: nil,
            affinity: options.affinity)
        return try await carry(
            id: makeRequestID(), method: DiscoverResult.method, params: Array(params.bytes),
            headers: allHeaders(with: [(MirroredHeaders.method, DiscoverResult.method)]), on: loop)
    }
}
