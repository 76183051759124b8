import AsyncIO
import MCPClient
import MCPProtocol

/// What else a person wants of the gateway: its prompts and resources.
extension GatewaySession {
    /// Everything on one of the gateway's lists.
    func items(of kind: ListKind, until deadline: MonotonicInstant) async throws(MCPClientError) -> [ListPage.Item] {
        try await overSession(until: deadline) { connection throws(MCPClientError) in
            try await ListPager(kind).fetch(from: connection, on: self.home, until: deadline).items
        }
    }

    /// Sends one request, and waits for its answer.
    ///
    /// - Parameter params: an object.
    func ask(
        _ method: String, _ params: RawJSON, until deadline: MonotonicInstant
    ) async throws(MCPClientError) -> JSONRPCResponse.Outcome {
        try await overSession(until: deadline) { connection throws(MCPClientError) in
            let exchange = try await connection.begin(
                id: connection.makeRequestID(), method: method, params: Array(params.bytes), on: self.home)
            do throws(MCPClientError) {
                while true {
                    switch try await exchange.next(until: deadline) {
                    case .response(let response): return response.outcome
                    case .stream(let stream): return try await Self.collect(stream, until: deadline)
                    case .notification(let message): await connection.passOn(.notification(message))
                    case .request(let message): await connection.passOn(.request(message))
                    case .alive: continue
                    }
                }
            } catch {
                await exchange.cancel(reason: "no longer needed")
                throw error
            }
        }
    }

    private static func collect(
        _ stream: any OutcomeStream, until deadline: MonotonicInstant
    ) async throws(MCPClientError) -> JSONRPCResponse.Outcome {
        var bytes: [UInt8] = []
        while let piece = try await stream.next(until: deadline) { bytes += piece }
        let value = RawJSON(unchecked: bytes[...])
        if stream.member == "result" { return .result(value) }
        guard let error = JSONRPCError(value) else {
            throw MCPClientError(.protocolViolation, "the answer's error is not an object", mayHaveExecuted: true)
        }
        return .error(error)
    }

    /// Works over the session there is; a lost one is replaced once.
    private func overSession<Value>(
        until deadline: MonotonicInstant, _ body: (any MCPConnection) async throws(MCPClientError) -> Value
    ) async throws(MCPClientError) -> Value {
        let connection = try await connection(until: deadline)
        do throws(MCPClientError) {
            return try await body(connection)
        } catch {
            guard error.kind == .sessionExpired else { throw error }
            drop(connection)
        }
        return try await body(try await self.connection(until: deadline))
    }
}
