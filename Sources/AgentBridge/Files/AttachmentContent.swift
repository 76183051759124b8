import Foundation
import MCPProtocol

/// Attachments of a user's message as content that a model reads: short texts in the message, pictures as pictures,
/// everything else by its URL, for tools.
struct AttachmentContent {
    /// A longer text is not put into the message.
    static let maxInlineText = 20_000
    static let maxImageBytes = 20 << 20
    /// In one request.
    static let maxFiles = 20

    let hasVision: Bool
    var hasAudio = false
    private(set) var parts: [[UInt8]] = []
    private var urls: [String] = []

    init(hasVision: Bool, hasAudio: Bool = false) {
        self.hasVision = hasVision
        self.hasAudio = hasAudio
    }

    /// Whether the content of such a file would be put into the message, so that fetching it makes sense.
    func takes(_ type: String) -> Bool {
        MediaType.isText(type) || hasVision && (MediaType.isImage(type) || type == "image/*") || MediaType.isVague(type)
    }

    /// Adds what there is of an attachment: its data, or what was fetched of it, or its URL.
    mutating func add(_ attachment: Attachment, fetched: Result<FetchedFile, FileProblem>? = nil) {
        switch fetched {
        case .success(let file):
            if add(file, of: attachment) { return }
        case .failure(let problem):
            parts.append(ContentPart.text("[the attachment \(attachment.title) \(problem.reason)]"))
        case nil:
            if addData(of: attachment) { return }
        }
        if let url = attachment.url {
            urls.append(url)
        } else {
            parts.append(ContentPart.text("[attachment \(attachment.title): \(attachment.type)]"))
        }
    }

    /// - Returns: `false` if nothing of it can be shown to the model.
    private mutating func addData(of attachment: Attachment) -> Bool {
        guard let data = attachment.data else {
            // The model's own server fetches the picture.
            guard let part = attachment.part, hasVision, attachment.url?.contains("://") ?? false else { return false }
            parts.append(Array(part.bytes))
            return true
        }
        if MediaType.isText(attachment.type), let text = attachment.text,
            add(text: text, type: attachment.type, title: attachment.title)
        {
            return true
        }
        if MediaType.isImage(attachment.type) {
            guard hasVision, data.bytes.count <= Self.maxImageBytes / 3 * 4 + 4 else { return false }
            if let part = attachment.part, part.member("image_url") != nil {
                parts.append(Array(part.bytes))
                return true
            }
            parts.append(
                ContentPart.image(
                    ContentPart.dataURL(.init(mimeType: attachment.type, data: data, title: attachment.title))))
            return true
        }
        // A document that only the model can make something of.
        guard let part = attachment.part else { return false }
        parts.append(Array(part.bytes))
        return true
    }

    private mutating func add(_ file: FetchedFile, of attachment: Attachment) -> Bool {
        let given = file.type ?? ""
        let type = MediaType.isVague(given) ? attachment.type : given
        if MediaType.isText(type), file.bytes.count <= Self.maxInlineText {
            do throws(FileProblem) {
                return add(text: try file.text(), type: type, title: attachment.title)
            } catch {
                return false
            }
        }
        guard MediaType.isImage(type), hasVision, file.bytes.count <= Self.maxImageBytes else { return false }
        let data = RawJSON(unchecked: JSONWriter.quote(Data(file.bytes).base64EncodedString())[...])
        parts.append(
            ContentPart.image(ContentPart.dataURL(.init(mimeType: type, data: data, title: attachment.title))))
        return true
    }

    /// - Returns: `false` if the text is too long.
    mutating func add(text: String, type: String, title: String) -> Bool {
        guard text.utf8.count <= Self.maxInlineText else { return false }
        let shown = Self.readable(text, type: type)
        // A fence longer than any in the text, so that the text cannot end it.
        var fence = "```"
        while shown.contains(fence) { fence += "`" }
        parts.append(ContentPart.text("\(title)\n\(fence)\n\(shown)\n\(fence)"))
        return true
    }

    /// A text as a model reads it best: HTML without its tags, separated values as a table.
    static func readable(_ text: String, type: String) -> String {
        switch MediaType.bare(type) {
        case "text/html", "application/xhtml+xml": HTMLText.plain(text)
        case "text/csv", "application/csv": CSVTable.markdown(text) ?? text
        default: text
        }
    }

    /// A part of the message that is neither text nor an attachment.
    mutating func keep(_ part: RawJSON) {
        if part.member("type")?.stringValue == "input_audio", !hasAudio {
            let format = part["input_audio", "format"]?.stringValue ?? "audio"
            parts.append(ContentPart.text("[a recording (\(format.cut(toBytes: 20))), which this model cannot hear]"))
        } else {
            parts.append(Array(part.bytes))
        }
    }

    /// The user's message, made of everything that was added.
    func message(insteadOf message: ChatMessage) -> ChatMessage {
        var all = parts
        if !urls.isEmpty {
            all.append(ContentPart.text("Attached files URLs:\n" + urls.joined(separator: "\n")))
        }
        let user = ChatMessage.user(parts: all)
        let content = user.raw.member("content").map { Array($0.bytes) }
        let raw = message.raw.replacingMembers([(name: "content", value: content)])
        var result = ChatMessage(role: .user, raw: RawJSON(unchecked: raw[...]))
        result.weight = user.weight
        result.origin = message.origin
        return result
    }
}
