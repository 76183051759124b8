import TestSupport

/// What the schema cannot say of requests that describe themselves (MCP 2026-07-28).
extension TappedSessions {
    /// Header fields that say something else than the body (Transports, "Standard Headers").
    static func misdescribed(_ exchange: TappedExchange) throws -> [String] {
        guard let revision = exchange.describedRevision else { return [] }
        let message = try JSONTree(parsing: exchange.request.body)
        var problems: [String] = []
        func require(_ name: String, _ value: String?) {
            let header = exchange.request[name]
            // What is no plain text is written in another way, which published servers read.
            if header == value || header?.hasPrefix("=?base64?") == true { return }
            problems.append("\(name) is \(header ?? "missing") in \(text(exchange.request.body))")
        }
        require("MCP-Protocol-Version", revision)
        require("Mcp-Method", message["method"]?.string)
        let params = message["params"]
        switch message["method"]?.string {
        case "tools/call", "prompts/get": require("Mcp-Name", params?["name"]?.string)
        case "resources/read": require("Mcp-Name", params?["uri"]?.string)
        default: break
        }
        if let session = exchange.request["Mcp-Session-Id"] {
            problems.append("Mcp-Session-Id is \(session) in \(text(exchange.request.body))")
        }
        return problems
    }

    /// Errors that do not answer their request, whatever their status; and messages of a subscription that are not marked
    /// as its own, or come before it is acknowledged (Subscriptions, "Message Ordering").
    static func mistold(_ exchange: TappedExchange) throws -> [String] {
        guard exchange.describedRevision != nil, let response = exchange.response else { return [] }
        let request = try JSONTree(parsing: exchange.request.body)
        let messages = try exchange.responseMessages.map { try JSONTree(parsing: $0) }
        var problems: [String] = []
        if response.isComplete, response.status.map({ $0 / 100 == 4 }) == true {
            if messages.count != 1 || messages[0]["error"] == nil || messages[0]["id"] != request["id"] {
                problems.append("\(response.startLine) \(text(response.body)) to \(text(exchange.request.body))")
            }
        }
        guard request["method"] == "subscriptions/listen", response.status == 200 else { return problems }
        for (index, message) in messages.enumerated() {
            let meta = (message["params"] ?? message["result"])?["_meta"]
            let isAcknowledgement = message["method"] == "notifications/subscriptions/acknowledged"
            if meta?["io.modelcontextprotocol/subscriptionId"] != request["id"] || isAcknowledgement != (index == 0) {
                problems.append("message \(index) of the subscription \(request["id"] ?? .null) is \(message)")
            }
        }
        return problems
    }
}

extension TappedMessage {
    /// The revision that a request says it is of; `nil` if it does not describe itself.
    static func describedRevision(of message: [UInt8]) -> String? {
        guard let tree = try? JSONTree(parsing: message) else { return nil }  // Recorded, and a problem, elsewhere.
        return describedRevision(of: tree)
    }

    static func describedRevision(of message: JSONTree) -> String? {
        message["params"]?["_meta"]?["io.modelcontextprotocol/protocolVersion"]?.string
    }
}
