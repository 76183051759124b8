import MCPProtocol

/// A `CallToolResult`, as JSON. Where it has a filler, that is part of a text.
struct ToolResult: Sendable {
    let head: [UInt8]
    let fillerBytes: Int
    let tail: [UInt8]

    init(json: [UInt8]) {
        head = json
        fillerBytes = 0
        tail = []
    }

    private static let textHead = Array(#"{"content":[{"type":"text","text":"#.utf8)
    private static let textTail = Array("}]}".utf8)

    /// One text: a JSON string, quotes included, as it was written.
    init(quotedText: some Collection<UInt8>) {
        var json: [UInt8] = []
        json.reserveCapacity(Self.textHead.count + quotedText.count + Self.textTail.count)
        json.append(contentsOf: Self.textHead)
        json.append(contentsOf: quotedText)
        json.append(contentsOf: Self.textTail)
        self.init(json: json)
    }

    init(text: String) { self.init(quotedText: JSONWriter.quote(text)) }

    /// One text of exactly that many bytes.
    init(fillerText bytes: Int) {
        let quote = UInt8(ascii: "\"")
        head = Self.textHead + [quote]
        fillerBytes = bytes
        tail = [quote] + Self.textTail
    }

    /// A list of content blocks.
    init(content blocks: [JSONValue]) {
        let result: JSONValue = .object(["content": .array(blocks)])
        self.init(json: result.serialized())
    }

    init(error message: String) {
        let result: JSONValue = .object([
            "content": .array([ContentBlock.text(message)]), "isError": .bool(true),
        ])
        self.init(json: result.serialized())
    }
}
