import MCPProtocol

extension Tool {
    /// Tools that tell a test what the server has seen. All answer JSON as text, for the whole process.
    static let observation: [Tool] = [
        Tool(
            name: "received_cancellations",
            description: "Answers the ids of requests that clients have cancelled, in the order of arrival.",
            body: .immediate { (call) throws(ToolFailure) in
                ToolResult(json: .array(call.server.cancelledRequests.map { JSONValue($0) }))
            }),
        Tool(
            name: "inflight", description: "Answers how many calls are running, this one not counted.",
            body: .immediate { (call) throws(ToolFailure) in ToolResult(json: JSONValue(call.server.runningCalls)) }),
        Tool(
            name: "statistics", description: "Answers how many messages of each kind have arrived.",
            body: .immediate { (call) throws(ToolFailure) in ToolResult(json: call.server.statistics.json) }),
        Tool(
            name: "request_info",
            description: "Answers the call's _meta, its transport and, over HTTP, its header fields.",
            body: .immediate { (call) throws(ToolFailure) in
                ToolResult(
                    json: .object([
                        "meta": call.meta.map { JSONValue($0) } ?? .null, "transport": call.client.transportFacts,
                    ]))
            }),
    ]
}
