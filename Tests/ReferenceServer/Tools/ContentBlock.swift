import MCPProtocol

/// Content blocks of results and prompts (MCP 2025-11-25, Tools, "Tool Result").
enum ContentBlock {
    static func text(_ text: String) -> JSONValue {
        .object(["type": .string("text"), "text": .string(text)])
    }

    static let image: JSONValue = .object([
        "type": .string("image"), "data": .string(Sample.png), "mimeType": .string("image/png"),
    ])

    static let audio: JSONValue = .object([
        "type": .string("audio"), "data": .string(Sample.wav), "mimeType": .string("audio/wav"),
    ])

    static func embeddedResource(uri: String, mimeType: String, text: String) -> JSONValue {
        .object([
            "type": .string("resource"),
            "resource": .object([
                "uri": .string(uri), "mimeType": .string(mimeType), "text": .string(text),
            ]),
        ])
    }

    static func resourceLink(uri: String, name: String, mimeType: String) -> JSONValue {
        .object([
            "type": .string("resource_link"), "uri": .string(uri), "name": .string(name),
            "mimeType": .string(mimeType),
        ])
    }
}
