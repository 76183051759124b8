import MCPProtocol

extension Tool {
    /// Tools of the conformance suite for 2026-07-28, and others for what only that revision has. Those that mean
    /// something in older ones are there, too.
    static let modernFixtures: [Tool] = [
        Tool(
            name: "test_missing_capability", description: "Needs a client that can be asked for completions.",
            body: .immediate { (call) throws(ToolFailure) in
                try call.client.require(.sampling)
                return ToolResult(text: "The client declares sampling")
            }),
        Tool(
            name: "test_streaming_elicitation",
            description: "Needs a client that can be asked with forms; reports progress, then answers.",
            body: .suspending { (call) async throws(ToolFailure) in
                try call.client.require(.form)
                await call.client.progress(50, of: 100, message: "half of it")
                try await call.sleep(for: .milliseconds(20))
                return ToolResult(text: "Streamed without a question")
            }),
        Tool(
            name: "test_logging_tool", description: "Logs once at each level from debug to error, then answers.",
            body: .suspending { (call) async throws(ToolFailure) in
                for level in [LogLevel.debug, .info, .warning, .error] {
                    await call.client.log(level, logger: "test", data: .string("a message of level \(level.rawValue)"))
                }
                return ToolResult(text: "Logged")
            }),
        Tool(
            name: "test_header_mirroring",
            description: "Answers its arguments as JSON; some of them have to be repeated in headers.",
            inputSchema: """
                {"type":"object","properties":{"region":{"type":"string","x-mcp-header":"Region"},\
                "count":{"type":"integer","x-mcp-header":"Count"},\
                "dryRun":{"type":"boolean","x-mcp-header":"Dry-Run"},"note":{"type":"string"},\
                "tenant":{"type":"object","properties":{"id":{"type":"string","x-mcp-header":"Tenant-Id"}}}}}
                """,
            mirroredArguments: [
                MirroredArgument(name: "Region", path: ["region"], kind: .string),
                MirroredArgument(name: "Count", path: ["count"], kind: .integer),
                MirroredArgument(name: "Dry-Run", path: ["dryRun"], kind: .boolean),
                MirroredArgument(name: "Tenant-Id", path: ["tenant", "id"], kind: .string),
            ],
            body: .immediate { (call) throws(ToolFailure) in
                ToolResult(text: call.arguments.object?.text ?? "{}")
            }),
        Tool(
            name: "structured_list", description: "Answers structured content that is an array, and its text.",
            outputSchema: #"{"type":"array","items":{"type":"integer"}}"#, since: .v2026_07_28,
            body: .immediate { (_) throws(ToolFailure) in
                let result: JSONValue = ["content": [ContentBlock.text("[1,2,3]")], "structuredContent": [1, 2, 3]]
                return ToolResult(json: result.serialized())
            }),
        Tool(
            name: "structured_number", description: "Answers structured content that is a number, and no text.",
            outputSchema: ##"{"$defs":{"n":{"type":"number"}},"$ref":"#/$defs/n"}"##, since: .v2026_07_28,
            body: .immediate { (_) throws(ToolFailure) in
                let result: JSONValue = ["content": [], "structuredContent": 21.5]
                return ToolResult(json: result.serialized())
            }),
        Tool(
            name: "listeners", description: "Answers what is listened to, as JSON: the filters of all subscriptions.",
            body: .immediate { (call) throws(ToolFailure) in
                ToolResult(json: .array(call.server.modern.subscriptions.map(\.filter)))
            }),
        Tool(
            name: "end_subscriptions", description: "Ends all subscriptions in one of the ways a server can.",
            inputSchema: schema(["how": #"{"type":"string","enum":["result","cancelled","cut"]}"#]),
            body: .immediate { (call) throws(ToolFailure) in
                let word = try call.arguments.string("how", oneOf: Subscription.End.allCases.map(\.rawValue))
                let subscriptions = call.server.modern.subscriptions
                for subscription in subscriptions { subscription.finish(Subscription.End(rawValue: word) ?? .result) }
                return ToolResult(text: "\(subscriptions.count) ended")
            }),
    ]
}
