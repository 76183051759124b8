import MCPProtocol

/// Attachments of a user's message as content that a model reads: short texts in the message, pictures as pictures,
/// everything else by its URL, for tools.
struct AttachmentContent {
    /// A longer text is not put into the message.
    static let maxInlineText = 20_000
    static let maxImageBytes = 20 << 20
    static let maxFiles = 20

    let hasVision: Bool
    private(set) var parts: [[UInt8]] = []
    private var urls: [String] = []

    init(hasVision: Bool) { self.hasVision = hasVision }

    static func isText(_ type: String) -> Bool {
        let type = type.lowercased().prefix { $0 != ";" }
        return type.hasPrefix("text/")
            || ["application/json", "application/xml", "application/csv", "application/yaml"].contains(String(type))
            || type.hasSuffix("+json") || type.hasSuffix("+xml")
    }

    /// - Parameter attachment: DIAL's `{"type","title","data"|"url",…}`.
    mutating func add(_ attachment: RawJSON) {
        let type = attachment.member("type")?.stringValue ?? "application/octet-stream"
        let title = attachment.member("title")?.stringValue ?? "attachment"
        let url = attachment.member("url")?.stringValue ?? attachment.member("reference_url")?.stringValue
        if let data = attachment.member("data"), data.kind == .string {
            if Self.isText(type), add(text: data.stringValue ?? "", type: type, title: title) { return }
            if type.hasPrefix("image/"), hasVision, data.bytes.count <= Self.maxImageBytes / 3 * 4 + 4 {
                parts.append(
                    ContentPart.image(
                        ContentPart.dataURL(ToolResult.Media(mimeType: type, data: data, title: title))))
                return
            }
        }
        if let url { urls.append(url) } else { parts.append(ContentPart.text("[attachment \(title): \(type)]")) }
    }

    /// - Returns: `false` if the text is too long.
    mutating func add(text: String, type: String, title: String) -> Bool {
        guard text.utf8.count <= Self.maxInlineText else { return false }
        let shown = type.hasPrefix("text/html") ? HTMLText.plain(text) : text
        parts.append(ContentPart.text("\(title)\n```\n\(shown)\n```"))
        return true
    }

    /// The user's message with everything that was added.
    ///
    /// - Parameter message: content may be a string, parts or nothing.
    func attached(to message: ChatMessage) -> ChatMessage {
        var all: [[UInt8]] = []
        if let content = message.raw.member("content") {
            if let text = content.stringValue {
                all.append(ContentPart.text(text))
            } else {
                all += content.elements.map { Array($0.bytes) }
            }
        }
        all += parts
        if !urls.isEmpty {
            all.append(ContentPart.text("Attached files URLs:\n" + urls.joined(separator: "\n")))
        }
        var result = ChatMessage.user(parts: all)
        result.origin = message.origin
        return result
    }
}
