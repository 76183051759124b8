import MCPProtocol

extension Tool {
    /// Tools that answer text.
    static let text: [Tool] = [
        Tool(
            name: "echo", description: "Answers the message it was given.",
            inputSchema: schema(["message": #"{"type":"string"}"#], required: ["message"]),
            body: .immediate { (call) throws(ToolFailure) in
                ToolResult(quotedText: try call.arguments.rawString("message").bytes)
            }),
        Tool(
            name: "delay", description: "Answers after a time.",
            inputSchema: schema(
                ["ms": #"{"type":"integer","minimum":0,"description":"Milliseconds to wait."}"#], required: ["ms"]),
            body: .suspending { (call) async throws(ToolFailure) in
                let milliseconds = try call.arguments.integer("ms", in: 0...86_400_000)
                try await call.sleep(for: .milliseconds(milliseconds))
                return ToolResult(text: "waited \(milliseconds) ms")
            }),
        Tool(
            name: "large", description: "Answers a text of exactly that many bytes.",
            inputSchema: schema(
                ["bytes": #"{"type":"integer","minimum":0,"maximum":1073741824}"#], required: ["bytes"]),
            body: .immediate { (call) throws(ToolFailure) in
                ToolResult(fillerText: Int(try call.arguments.integer("bytes", in: 0...(1 << 30))))
            }),
        Tool(
            name: "counter", description: "Counts the calls of this tool in the caller's session, from 1.",
            body: .immediate { (call) throws(ToolFailure) in ToolResult(text: String(call.client.count())) }),
    ]

    /// Tools whose results have every kind of content.
    static let content: [Tool] = [
        Tool(
            name: "text", description: "Answers a text with characters that are easily broken.",
            body: .immediate { (_) throws(ToolFailure) in
                ToolResult(content: [ContentBlock.text("plain, \"quoted\", back\\slash, line\nbreak, ümläut, 漢字, 🚀")])
            }),
        Tool(
            name: "image", description: "Answers a PNG image of one pixel.",
            body: .immediate { (_) throws(ToolFailure) in ToolResult(content: [ContentBlock.image]) }),
        Tool(
            name: "audio", description: "Answers a WAV sound of a millisecond.", since: .v2025_03_26,
            body: .immediate { (_) throws(ToolFailure) in ToolResult(content: [ContentBlock.audio]) }),
        Tool(
            name: "embedded_resource", description: "Answers the text of a resource.",
            body: .immediate { (_) throws(ToolFailure) in
                ToolResult(content: [
                    ContentBlock.embeddedResource(
                        uri: "test://embedded", mimeType: "text/plain", text: "an embedded resource")
                ])
            }),
        Tool(
            name: "resource_link", description: "Answers a link to a resource.", since: .v2025_06_18,
            body: .immediate { (_) throws(ToolFailure) in
                ToolResult(content: [
                    ContentBlock.resourceLink(uri: "test://linked", name: "linked", mimeType: "text/plain")
                ])
            }),
        Tool(
            name: "mixed", description: "Answers text, an image and a resource.",
            body: .immediate { (_) throws(ToolFailure) in
                ToolResult(content: [
                    ContentBlock.text("mixed content"), ContentBlock.image,
                    ContentBlock.embeddedResource(
                        uri: "test://mixed", mimeType: "application/json", text: #"{"mixed":true}"#),
                ])
            }),
        Tool(
            name: "structured", description: "Answers the weather of a city, always the same.",
            inputSchema: schema(["city": #"{"type":"string"}"#], required: ["city"]),
            outputSchema: schema(
                [
                    "city": #"{"type":"string"}"#, "celsius": #"{"type":"number"}"#,
                    "conditions": #"{"type":"array","items":{"type":"string"}}"#,
                ],
                required: ["city", "celsius", "conditions"]),
            since: .v2025_06_18,
            body: .immediate { (call) throws(ToolFailure) in
                let weather: JSONValue = .object([
                    "city": .string(try call.arguments.string("city")), "celsius": .number("21.50"),
                    "conditions": .array([.string("sunny"), .string("windy")]),
                ])
                let result: JSONValue = .object([
                    "content": .array([ContentBlock.text(String(decoding: weather.serialized(), as: UTF8.self))]),
                    "structuredContent": weather,
                ])
                return ToolResult(json: result.serialized())
            }),
    ]
}
