import MCPProtocol

extension Tool {
    /// The tools that the MCP conformance suite looks for, by its names and texts.
    static let fixtures: [Tool] =
        contentFixtures + [
            Tool(
                name: "test_tool_with_logging", description: "Logs three times, then answers.",
                body: .suspending { (call) async throws(ToolFailure) in
                    for (index, text) in ["started", "gone half of its way", "nearly finished"].enumerated() {
                        if index > 0 { try await call.sleep(for: .milliseconds(50)) }
                        await call.client.log(.info, logger: "test", data: .string("The tool has \(text)"))
                    }
                    return ToolResult(text: "The tool has logged three times")
                }),
            Tool(
                name: "test_tool_with_progress", description: "Reports progress of 0, 50 and 100 of 100, then answers.",
                body: .suspending { (call) async throws(ToolFailure) in
                    for progress: Int64 in [0, 50, 100] {
                        if progress > 0 { try await call.sleep(for: .milliseconds(50)) }
                        await call.client.progress(progress, of: 100, message: "\(progress) of 100 done")
                    }
                    return ToolResult(text: "The tool has reported its progress")
                }),
            Tool(
                name: "test_reconnection",
                description: "Ends the connection before its answer, where the answer can be fetched with a new one.",
                body: .suspending { (call) async throws(ToolFailure) in
                    let hasEnded = call.client.misbehave(.disconnect(retryMilliseconds: 200))
                    try await call.sleep(for: .milliseconds(100))
                    return ToolResult(text: hasEnded ? "Reconnected" : "This connection cannot be ended early")
                }),
            Tool(
                name: "json_schema_2020_12_tool",
                description: "Has an input schema with keywords of JSON Schema 2020-12.",
                inputSchema: """
                    {"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object",\
                    "$defs":{"address":{"$anchor":"addressDef","type":"object",\
                    "properties":{"street":{"type":"string"},"city":{"type":"string"}}}},\
                    "properties":{"name":{"type":"string"},"address":{"$ref":"#/$defs/address"},\
                    "contactMethod":{"type":"string","enum":["phone","email"]},"phone":{"type":"string"},\
                    "email":{"type":"string"}},"allOf":[{"anyOf":[{"required":["phone"]},{"required":["email"]}]}],\
                    "if":{"properties":{"contactMethod":{"const":"phone"}},"required":["contactMethod"]},\
                    "then":{"required":["phone"]},"else":{"required":["email"]},"additionalProperties":false}
                    """,
                body: .immediate { (call) throws(ToolFailure) in
                    ToolResult(text: "Arguments: \(call.arguments.object?.text ?? "{}")")
                }),
            trigger("test_trigger_tool_change", of: .tools), trigger("test_trigger_prompt_change", of: .prompts),
            trigger("test_trigger_resource_change", of: .resources),
        ]

    private static let contentFixtures = [
        Tool(
            name: "test_simple_text", description: "Answers a text.",
            presentation: Presentation(
                title: "Simple text", icons: Presentation.icon, meta: #"{"example.com/kind":"fixture"}"#),
            annotations: #"{"title":"Simple text","readOnlyHint":true,"openWorldHint":false}"#,
            body: .immediate { (_) throws(ToolFailure) in
                ToolResult(text: "This is a simple text response for testing.")
            }),
        Tool(
            name: "test_image_content", description: "Answers an image.",
            body: .immediate { (_) throws(ToolFailure) in ToolResult(content: [ContentBlock.image]) }),
        Tool(
            name: "test_audio_content", description: "Answers a sound.", since: .v2025_03_26,
            body: .immediate { (_) throws(ToolFailure) in ToolResult(content: [ContentBlock.audio]) }),
        Tool(
            name: "test_embedded_resource", description: "Answers a resource.",
            body: .immediate { (_) throws(ToolFailure) in
                ToolResult(content: [
                    ContentBlock.embeddedResource(
                        uri: "test://embedded-resource", mimeType: "text/plain",
                        text: "This is an embedded resource content.")
                ])
            }),
        Tool(
            name: "test_multiple_content_types", description: "Answers a text, an image and a resource.",
            body: .immediate { (_) throws(ToolFailure) in
                ToolResult(content: [
                    ContentBlock.text("Multiple content types test:"), ContentBlock.image,
                    ContentBlock.embeddedResource(
                        uri: "test://mixed-content-resource", mimeType: "application/json",
                        text: #"{"test":"data","value":123}"#),
                ])
            }),
        Tool(
            name: "test_error_handling", description: "Answers a result that says it is an error.",
            body: .immediate { (_) throws(ToolFailure) in
                throw .failed("This tool intentionally returns an error for testing")
            }),
    ]

    /// A tool that announces a change where there is none.
    private static func trigger(_ name: String, of list: ListKind) -> Tool {
        Tool(
            name: name, description: "Announces that the list of \(list.member) has changed.", isListed: false,
            body: .immediate { (call) throws(ToolFailure) in
                call.server.announceChange(of: list)
                return ToolResult(text: "announced")
            })
    }
}
