import TestSupport

extension MatrixClientKind {
    /// Methods that 2026-07-28 has no more, and that are tried all the same.
    private static let refused: Set = ["ping", "tasks/result"]

    /// A client of a gateway that listens at a port.
    ///
    /// - Parameter capabilities: what it declares; `nil` for everything that its revision has.
    func client(_ name: String, _ capabilities: JSONTree?, port: Int) async throws -> any ProtocolClient {
        if revision.isModern {
            return try await ModernClient(name, capabilities: capabilities, customMethods: Self.refused) { _ in
                ModernHTTPWire(port: port)
            }
        }
        return try await LegacyClient.open(name, revision, capabilities: capabilities) { receive in
            if transport == .http { return StreamableHTTPWire(port: port, receive: receive) }
            return try await EventStreamWire(port: port, receive: receive)
        }
    }

    /// A client with a gateway of its own on standard streams.
    func client(_ name: String, _ capabilities: JSONTree?, configuration: String) async throws -> any ProtocolClient {
        if revision.isModern {
            return try await ModernClient(name, capabilities: capabilities, customMethods: Self.refused) { receive in
                try ModernStdioWire(.built("mcp-gateway", ["stdio", "--config", configuration]), receive: receive)
            }
        }
        return try await LegacyClient.open(name, revision, capabilities: capabilities) { receive in
            try StdioWire(configuration: configuration, receive: receive)
        }
    }
}
