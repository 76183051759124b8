import TestSupport
import Testing

extension GatewayFixture {
    /// `POST /mcp` with exactly this body, on a connection of its own.
    ///
    /// - Parameters:
    ///   - session: whose header fields to send; without one, those of a client that has no session yet.
    ///   - changes: header fields to replace or, with `nil`, to leave out.
    func post(
        _ body: String, in session: SessionClient? = nil, changing changes: [String: String?] = [:]
    ) async throws -> HTTPAnswer {
        try await send("POST", body, in: session, changing: changes)
    }

    /// A request to `/mcp`; see ``post(_:in:changing:)``.
    func send(
        _ method: String, _ body: String? = nil, in session: SessionClient? = nil,
        changing changes: [String: String?] = [:]
    ) async throws -> HTTPAnswer {
        var headers =
            session?.headers ?? [("Content-Type", "application/json"), ("Accept", SessionClient.bothAnswers)]
        for (name, value) in changes {
            headers.removeAll { $0.0.lowercased() == name.lowercased() }
            if let value { headers.append((name, value)) }
        }
        return try await request(method, "/mcp", headers: headers, body: body)
    }
}

extension HTTPAnswer {
    /// Expects a JSON-RPC error and returns it.
    ///
    /// - Parameter id: what its `id` must be; `nil` if it must have none.
    func rpcError(
        status: Int, code: Int, id: JSONTree? = .null, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> JSONTree {
        #expect(self.status == status, "\(self)", sourceLocation: sourceLocation)
        #expect(self[header: "Content-Type"] == "application/json", sourceLocation: sourceLocation)
        let message = try json()
        #expect(message["jsonrpc"] == "2.0", sourceLocation: sourceLocation)
        #expect(message["id"] == id, "\(self)", sourceLocation: sourceLocation)
        #expect(message["error"]?["code"]?.int == code, "\(self)", sourceLocation: sourceLocation)
        #expect(message["error"]?["message"]?.string?.isEmpty == false, sourceLocation: sourceLocation)
        return try #require(message["error"], sourceLocation: sourceLocation)
    }

    /// Expects an `application/problem+json` of this status, and returns its `detail`.
    @discardableResult
    func problem(status: Int, sourceLocation: SourceLocation = #_sourceLocation) throws -> String {
        #expect(self.status == status, "\(self)", sourceLocation: sourceLocation)
        #expect(self[header: "Content-Type"] == "application/problem+json", sourceLocation: sourceLocation)
        let problem = try json()
        #expect(problem["status"]?.int == status, "\(self)", sourceLocation: sourceLocation)
        #expect(problem["title"]?.string?.isEmpty == false, "\(self)", sourceLocation: sourceLocation)
        return try #require(problem["detail"]?.string, "\(self)", sourceLocation: sourceLocation)
    }
}

extension SessionClient {
    /// The id in an answer to a message whose id could not be read.
    var unreadableID: JSONTree? { revision >= "2025-11-25" ? nil : .null }
}
