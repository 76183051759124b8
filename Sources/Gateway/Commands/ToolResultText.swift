import MCPProtocol

/// A `CallToolResult` for people (MCP 2025-11-25, Tools, "Tool Result").
struct ToolResultText {
    /// Each ends with a newline.
    let text: String
    let isError: Bool

    /// Text content stands as it is; any other content is described in a line of its own, in brackets. Structured
    /// content is shown where there is nothing else.
    ///
    /// - Parameter isForTerminal: whether what a terminal would obey is made visible.
    init(_ result: RawJSON, isForTerminal: Bool) {
        isError = result.member("isError")?.boolValue == true
        var text = ""
        for block in result.member("content")?.elements ?? [] {
            let part = Self.text(of: block)
            text += isForTerminal ? TerminalText.visible(part) : part
            if !text.isEmpty, text.utf8.last != UInt8(ascii: "\n") { text += "\n" }
        }
        if text.isEmpty, let structured = result.member("structuredContent") {
            let part = JSONValue(structured).prettyPrinted() + "\n"
            text = isForTerminal ? TerminalText.visible(part) : part
        }
        self.text = text
    }

    private static func text(of block: RawJSON) -> String {
        switch block.member("type")?.stringValue {
        case "text": block.member("text")?.stringValue ?? ""
        case "image": media(block, called: "image")
        case "audio": media(block, called: "audio")
        case "resource_link": described("resource link", [block["uri"], block["name"], block["mimeType"]])
        case "resource": resource(block)
        case let type?: described("content of type \"\(type)\"", [])
        case nil: described("content without a type", [])
        }
    }

    private static func media(_ block: RawJSON, called name: String) -> String {
        described(name, [block["mimeType"]], size: byteCount(ofBase64: block["data"]))
    }

    private static func resource(_ block: RawJSON) -> String {
        let text = block["resource", "text"]?.stringValue.map { $0.utf8.count }
        return described(
            "resource", [block["resource", "uri"], block["resource", "mimeType"]],
            size: text ?? byteCount(ofBase64: block["resource", "blob"]))
    }

    private static func described(_ name: String, _ facts: [RawJSON?], size: Int? = nil) -> String {
        var words = facts.compactMap { $0?.stringValue }
        if let size { words.append("\(size) byte\(size == 1 ? "" : "s")") }
        return "[" + TerminalText.singleLine(name + (words.isEmpty ? "" : ": ") + words.joined(separator: ", ")) + "]"
    }

    /// How many bytes a base64 string stands for; `nil` for what is no string.
    private static func byteCount(ofBase64 value: RawJSON?) -> Int? {
        guard let text = value?.stringValue else { return nil }
        let digits = text.utf8.reduce(0) { $0 + ($1 == UInt8(ascii: "=") || $1 <= 0x20 ? 0 : 1) }
        return digits * 3 / 4
    }
}
