import Configuration
import Foundation
import MCPProtocol

/// A file that the command line attaches to a question.
enum FileAttachment {
    /// The question with the files.
    ///
    /// - Throws: a file that cannot be read, or that no model could take.
    static func attach(
        _ paths: [String], and others: [Attachment] = [], to message: ChatMessage, hasVision: Bool
    ) throws(UsageError) -> ChatMessage {
        guard !paths.isEmpty || !others.isEmpty else { return message }
        guard paths.count <= AttachmentContent.maxFiles else {
            throw UsageError("\(paths.count) files are attached; the limit is \(AttachmentContent.maxFiles)")
        }
        var content = AttachmentContent(hasVision: hasVision)
        if let text = message.raw.member("content")?.stringValue {
            content.keep(RawJSON(unchecked: ContentPart.text(text)[...]))
        }
        for path in paths {
            let bytes: [UInt8]
            do throws(FileReadError) {
                bytes = try ConfigurationEnvironment.contentsOfFile(path, limit: AttachmentContent.maxImageBytes)
            } catch {
                throw UsageError("the file \(path.shortened) \(error.reason)")
            }
            let name = path.split(separator: "/").last.map(String.init) ?? path
            let type = MediaType.ofFile(named: name) ?? "text/plain"
            if MediaType.isImage(type) {
                guard hasVision else { throw UsageError("\(path.shortened): this model does not see pictures") }
                let data = RawJSON(unchecked: JSONWriter.quote(Data(bytes).base64EncodedString())[...])
                content.add(Attachment(type: type, title: name, data: data))
                continue
            }
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw UsageError("\(path.shortened) is neither text nor a picture of a kind that models take")
            }
            guard content.add(text: text, type: type, title: name) else {
                throw UsageError(
                    "\(path.shortened) has \(bytes.count) bytes of text; the limit is \(AttachmentContent.maxInlineText)"
                )
            }
        }
        for other in others { content.add(other) }
        return content.message(insteadOf: message)
    }
}
