import AsyncIO
import MCPProtocol

extension SSEParser {
    /// ``parse(_:)`` with the errors of this module.
    mutating func nextEvent(in input: inout ArraySlice<UInt8>) throws(MCPClientError) -> ServerSentEvent? {
        do throws(SSEParseError) {
            return try parse(&input)
        } catch {
            let description = error.description
            switch error {
            case .eventTooLarge(let limit):
                throw MCPClientError(.tooLarge(limit: limit), description, mayHaveExecuted: true)
            }
        }
    }
}

extension ServerSentEvent {
    /// The messages in it; `nil` for an event that carries none, or no JSON-RPC message, which is logged. Of a batch
    /// (MCP 2025-03-26) what is a message counts.
    func payload(_ options: ConnectionOptions) -> JSONRPCPayload? {
        // Empty data marks a place to resume from; other names are of no meaning to MCP.
        guard !data.isEmpty, event == nil || event == "message" else { return nil }
        do throws(JSONRPCParseError) {
            return try JSONRPCPayload(parsing: data[...], limits: options.jsonLimits)
        } catch {
            options.log.warning("server sent an event that is no JSON-RPC message", ["reason": error.message])
            return nil
        }
    }
}

extension JSONRPCPayload {
    /// The messages one by one. An entry of a batch that is none is logged.
    func forEachMessage(_ options: ConnectionOptions, _ body: (JSONRPCMessage) -> Void) {
        switch self {
        case .single(let message): body(message)
        case .batch(let entries):
            for entry in entries {
                switch entry {
                case .success(let message): body(message)
                case .failure(let error):
                    options.log.warning(
                        "server sent a batch with an entry that is no JSON-RPC message", ["reason": error.message])
                }
            }
        }
    }
}
