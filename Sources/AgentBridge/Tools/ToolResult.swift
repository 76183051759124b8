import MCPProtocol

/// A tool's result, taken apart: what the model reads, what it sees, what the user gets.
struct ToolResult: Sendable {
    struct Media: Sendable, Equatable {
        let mimeType: String
        /// Base64, as a JSON string.
        let data: RawJSON
        var title: String
    }

    /// The largest result taken from the gateway.
    static let maxBytes = 64 << 20

    /// For the model: parts joined by blank lines.
    var text = ""
    /// For a model that can see, in order.
    var images: [Media] = []
    var sounds: [Media] = []
    /// For the user: image, audio, blob, link; each a DIAL attachment without its index.
    var attachments: [RawJSON] = []
    var isError = false
    /// Whether ``text`` is only an excerpt.
    var wasCut = false
    /// As it came from the gateway.
    var byteCount = 0

    init(failure: String) {
        text = "Error: " + failure
        isError = true
    }

    /// Something the bridge itself answers.
    init(text: String) {
        self.text = text
        byteCount = text.utf8.count
    }

    init(_ outcome: ToolOutcome, of tool: String) {
        switch outcome {
        case .result(let result): self.init(result)
        case .refused(let error):
            self.init(failure: "tool \(tool) failed: \(error.message) (\(error.code))")
        case .failed(let error):
            self.init(failure: "tool \(tool) failed: \(error.detail) (\(error.label))")
        case .timedOut(let duration):
            self.init(failure: "")
            text =
                "The tool call \(tool) timed out after \(Self.seconds(duration)). It was cancelled and may or may not have"
                + " taken effect. Try again with a smaller request, use another tool, or answer without it."
        case .cancelled: self.init(failure: "tool \(tool) was cancelled")
        }
    }

    private static func seconds(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let tenths = attoseconds / 100_000_000_000_000_000
        return (tenths == 0 ? "\(seconds)" : "\(seconds).\(tenths)")
            + (seconds == 1 && tenths == 0 ? " second" : " seconds")
    }

    /// - Parameter result: a CallToolResult.
    init(_ result: RawJSON) {
        byteCount = result.bytes.count
        let (content, structured, error) = result.members("content", "structuredContent", "isError")
        isError = error?.boolValue ?? false
        var parts: [String] = []
        var texts: [String] = []
        for block in content?.elements ?? [] { add(block, to: &parts, texts: &texts) }
        if let structured, structured.kind == .object || structured.kind == .array,
            !Self.repeats(structured, texts: texts)
        {
            parts.append(JSONValue(structured).description)
        }
        text = parts.isEmpty ? "(no output)" : parts.joined(separator: "\n\n")
        if isError { text = "Error: " + text }
    }

    /// Servers repeat structured content as text, for clients that do not know it.
    private static func repeats(_ structured: RawJSON, texts: [String]) -> Bool {
        let wanted = JSONValue(structured)
        return texts.contains { text in
            guard let first = text.utf8.first(where: { $0 > 0x20 }), first == 0x7B || first == 0x5B else {
                return false
            }
            do {
                return try same(JSONValue(parsing: text), wanted)
            } catch {
                return false
            }
        }
    }

    /// Equal, whatever the order of members and the way numbers are written.
    private static func same(_ left: JSONValue, _ right: JSONValue) -> Bool {
        switch (left, right) {
        case (.object(let left), .object(let right)):
            guard Set(left.names) == Set(right.names) else { return false }
            return left.members.allSatisfy { member in
                guard let other = right[member.name] else { return false }
                return same(member.value, other)
            }
        case (.array(let left), .array(let right)):
            return left.count == right.count && zip(left, right).allSatisfy { same($0, $1) }
        case (.number(let first), .number(let second)):
            return first == second || left.doubleValue.map { $0 == right.doubleValue } ?? false
        default: return left == right
        }
    }

    private mutating func add(_ block: RawJSON, to parts: inout [String], texts: inout [String]) {
        let isForUserOnly =
            block["annotations", "audience"].map { audience in
                let names = audience.elements.compactMap(\.stringValue)
                return !names.isEmpty && !names.contains("assistant")
            } ?? false
        switch block.member("type")?.stringValue {
        case "text":
            let text = block.member("text")?.stringValue ?? ""
            texts.append(text)
            parts.append(isForUserOnly ? "[shown to the user]" : text)
        case "image": addMedia(block, isForUserOnly: isForUserOnly, kind: "image", to: &parts)
        case "audio": addMedia(block, isForUserOnly: isForUserOnly, kind: "audio", to: &parts)
        case "resource_link": addLink(block, isForUserOnly: isForUserOnly, to: &parts)
        case "resource":
            if let resource = block.member("resource") { addResource(resource, isForUserOnly, to: &parts) }
        default: parts.append(block.text)
        }
    }

    private mutating func addMedia(_ block: RawJSON, isForUserOnly: Bool, kind: String, to parts: inout [String]) {
        guard let data = block.member("data"), data.kind == .string else { return }
        let type = block.member("mimeType")?.stringValue ?? (kind == "image" ? "image/png" : "audio/wav")
        addMedia(type: type, data: data, isForUserOnly: isForUserOnly, kind: kind, to: &parts)
    }

    private mutating func addMedia(
        type: String, data: RawJSON, isForUserOnly: Bool, kind: String, to parts: inout [String]
    ) {
        let number = kind == "image" ? images.count + 1 : sounds.count + 1
        let media = Media(mimeType: type, data: data.detached(), title: "\(kind) \(number)")
        if isForUserOnly {
            parts.append("[shown to the user]")
        } else if kind == "image" {
            images.append(media)
            parts.append("[image \(number): \(type)]")
        } else {
            sounds.append(media)
            parts.append("[audio \(number): \(type), \(Self.decodedSize(data)) bytes]")
        }
        attachments.append(Self.attachment(type: type, title: media.title, data: data))
    }

    private mutating func addLink(_ block: RawJSON, isForUserOnly: Bool, to parts: inout [String]) {
        let uri = block.member("uri")?.stringValue ?? ""
        let name = block.member("title")?.stringValue ?? block.member("name")?.stringValue ?? uri
        let type = block.member("mimeType")?.stringValue
        var line = "[resource \(name)](\(uri))"
        if let type { line += " \(type)" }
        if let size = block.member("size")?.intValue { line += ", \(size) bytes" }
        if let description = block.member("description")?.stringValue { line += ", \(description)" }
        parts.append(isForUserOnly ? "[shown to the user]" : line)
        guard uri.lowercased().hasPrefix("http://") || uri.lowercased().hasPrefix("https://") else { return }
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("type")
        writer.string(type ?? "text/html")
        writer.key("title")
        writer.string(name)
        writer.key("url")
        writer.string(uri)
        writer.key("reference_url")
        writer.string(uri)
        writer.endObject()
        attachments.append(RawJSON(unchecked: writer.finish()[...]))
    }

    private mutating func addResource(_ resource: RawJSON, _ isForUserOnly: Bool, to parts: inout [String]) {
        let uri = resource.member("uri")?.stringValue ?? ""
        if let text = resource.member("text")?.stringValue {
            parts.append(isForUserOnly ? "[shown to the user]" : "--- \(uri)\n\(text)")
            return
        }
        guard let blob = resource.member("blob"), blob.kind == .string else {
            parts.append("[resource \(uri)]")
            return
        }
        let type = resource.member("mimeType")?.stringValue ?? "application/octet-stream"
        if type.hasPrefix("image/") {
            addMedia(type: type, data: blob, isForUserOnly: isForUserOnly, kind: "image", to: &parts)
            return
        }
        parts.append(
            isForUserOnly ? "[shown to the user]" : "[resource \(uri): \(type), \(Self.decodedSize(blob)) bytes]")
        attachments.append(Self.attachment(type: type, title: uri, data: blob))
    }

    private static func attachment(type: String, title: String, data: RawJSON) -> RawJSON {
        var writer = JSONWriter(capacity: data.bytes.count + 128)
        writer.beginObject()
        writer.key("type")
        writer.string(type)
        writer.key("title")
        writer.string(title)
        writer.key("data")
        writer.raw(data)
        writer.endObject()
        return RawJSON(unchecked: writer.finish()[...])
    }

    /// Bytes behind a base64 text.
    static func decodedSize(_ data: RawJSON) -> Int {
        let digits = data.bytes.dropFirst().dropLast()
        return digits.count / 4 * 3 - digits.suffix(2).count { $0 == UInt8(ascii: "=") }
    }
}
