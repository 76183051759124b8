import AsyncIO
import MCPProtocol

/// The legacy handshake, client side (MCP 2025-11-25, Lifecycle, "Initialization").
enum Handshake {
    static func params(_ options: ConnectionOptions) -> [UInt8] {
        InitializeRequest(
            protocolVersion: options.revision, capabilities: options.capabilities,
            clientInfo: options.clientInfo
        ).encode()
    }

    /// Reads the answer to `initialize`.
    ///
    /// - Throws: `.handshakeRefused` when the server refuses or answers a revision we do not speak.
    static func accept(
        _ response: JSONRPCResponse
    ) throws(MCPClientError) -> (result: InitializeResult, revision: ProtocolRevision) {
        switch response.outcome {
        case .error(let error):
            throw MCPClientError(
                .handshakeRefused, "initialize was refused: \(error.message) (\(error.code))", mayHaveExecuted: false)
        case .result(let raw):
            let result: InitializeResult
            do throws(MessageError) {
                result = try InitializeResult(result: raw)
            } catch {
                throw MCPClientError(
                    .protocolViolation, "the answer to initialize is invalid: \(error)", mayHaveExecuted: false)
            }
            guard let revision = ProtocolRevision.accepting(answered: result.protocolVersion) else {
                throw MCPClientError(
                    .handshakeRefused,
                    "the server speaks revision \"\(result.protocolVersion.prefix(40))\", which we do not",
                    mayHaveExecuted: false)
            }
            return (result, revision)
        }
    }
}
