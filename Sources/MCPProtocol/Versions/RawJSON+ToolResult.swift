/// Results and definitions as peers of older revisions can read them. What a revision can express is returned as it is,
/// and so is every byte that need not change.
extension RawJSON {
    /// This `CallToolResult` as a client of an older revision can read it.
    ///
    /// Content that the revision does not have becomes content that it has: a link to a resource a text, a sound the
    /// embedded resource it is. Structured content without a text gets its JSON as text, in every legacy revision (MCP
    /// 2025-11-25, Tools, "Structured Content"), and leaves where a revision does not have it.
    package func toolResult(for revision: ProtocolRevision) -> RawJSON {
        guard revision.isLegacy, kind == .object else { return self }
        let (content, structured) = members("content", "structuredContent")
        if structured == nil, revision.hasResourceLinks, revision.hasAudioContent { return self }
        var edits: [JSONEdit] = []
        var blockCount = 0
        var hasText = false
        content?.forEachElement { block in
            if let adapted = block.contentBlock(for: revision, number: blockCount) {
                edits.append(JSONEdit(block, adapted))
                if !revision.hasResourceLinks, block.isBlock("resource_link") { hasText = true }
            } else if block.isBlock("text") {
                hasText = true
            }
            blockCount += 1
            return true
        }
        var changes: [(name: String, value: [UInt8]?)] = []
        if let structured, !hasText {
            let text = Self.text(structured.text, annotatedAs: nil)
            if let content, content.kind == .array {
                let bracket = (content.bytes.endIndex - 1)..<content.bytes.endIndex
                edits.append(JSONEdit(bracket, (blockCount > 0 ? [.comma] : []) + text + [.closeBracket]))
            } else {
                changes.append(("content", [.openBracket] + text + [.closeBracket]))
            }
        }
        if let content, !edits.isEmpty { changes.append(("content", Array(content.applying(edits).bytes))) }
        if structured != nil, !revision.hasStructuredContent { changes.append(("structuredContent", nil)) }
        return changes.isEmpty ? self : RawJSON(unchecked: replacingMembers(changes)[...])
    }

    /// This `GetPromptResult` as a client of an older revision can read it: see ``toolResult(for:)``.
    package func promptResult(for revision: ProtocolRevision) -> RawJSON {
        guard !revision.hasResourceLinks || !revision.hasAudioContent else { return self }
        var edits: [JSONEdit] = []
        var number = 0
        member("messages")?.forEachElement { message in
            if let block = message.member("content"), let adapted = block.contentBlock(for: revision, number: number) {
                edits.append(JSONEdit(block, adapted))
            }
            number += 1
            return true
        }
        return applying(edits)
    }

    /// This item of a list as a client of `revision` can read it: tools without an `execution` or `outputSchema` that the
    /// revision does not have. What is merely unknown to it (titles, icons, annotations) may stay.
    package func listItem(_ kind: ListKind, for revision: ProtocolRevision) -> RawJSON {
        guard kind == .tools else { return self }
        var changes: [(path: [String], value: [UInt8]?)] = []
        if !revision.hasCoreTasks { changes.append((["execution"], nil)) }
        if !revision.hasStructuredContent { changes.append((["outputSchema"], nil)) }
        return replacing(changes)
    }

    /// These params of `notifications/progress` as a peer of `revision` can read them.
    package func progressParams(for revision: ProtocolRevision) -> RawJSON {
        revision.hasProgressMessage ? self : replacing([(["message"], nil)])
    }

    /// These params of `completion/complete` as a server of `revision` can read them.
    package func completionParams(for revision: ProtocolRevision) -> RawJSON {
        revision.hasCompletionContext ? self : replacing([(["context"], nil)])
    }

    /// This result of `sampling/createMessage` as a server of `revision` can read it: content in an array of one element
    /// is that element where a revision does not have arrays.
    package func samplingResult(for revision: ProtocolRevision) -> RawJSON {
        guard !revision.hasSamplingTools, let content = member("content"), content.kind == .array else { return self }
        let blocks = content.elements
        guard blocks.count == 1, let block = blocks.first else { return self }
        return applying([JSONEdit(content, Array(block.bytes))])
    }

    private func isBlock(_ type: StaticString) -> Bool { member("type")?.isString(type) ?? false }

    /// This content as `revision` can express it; `nil` when it stays as it is.
    ///
    /// - Parameter number: makes the URI of an embedded resource different from that of others beside it.
    private func contentBlock(for revision: ProtocolRevision, number: Int) -> [UInt8]? {
        if !revision.hasResourceLinks, isBlock("resource_link") {
            return Self.text(Self.words(ofLink: self), annotatedAs: self)
        }
        if !revision.hasAudioContent, isBlock("audio") { return Self.resource(ofAudio: self, number: number) }
        return nil
    }

    /// Title or name, URI and description of a link, a line each.
    private static func words(ofLink link: RawJSON) -> String {
        let title = link.member("title") ?? link.member("name")
        return [title, link.member("uri"), link.member("description")]
            .compactMap { $0?.stringValue }.filter { !$0.isEmpty }.joined(separator: "\n")
    }

    private static func text(_ text: String, annotatedAs block: RawJSON?) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("type")
        writer.string("text")
        writer.key("text")
        writer.string(text)
        copyAnnotations(of: block, to: &writer)
        writer.endObject()
        return writer.finish()
    }

    private static func resource(ofAudio audio: RawJSON, number: Int) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("type")
        writer.string("resource")
        writer.key("resource")
        writer.beginObject()
        writer.key("uri")
        writer.string("audio:content/\(number)")
        if let type = audio.member("mimeType") {
            writer.key("mimeType")
            writer.raw(type)
        }
        writer.key("blob")
        if let data = audio.member("data"), data.kind == .string { writer.raw(data) } else { writer.string("") }
        writer.endObject()
        copyAnnotations(of: audio, to: &writer)
        writer.endObject()
        return writer.finish()
    }

    private static func copyAnnotations(of block: RawJSON?, to writer: inout JSONWriter) {
        guard let annotations = block?.member("annotations"), annotations.kind == .object else { return }
        writer.key("annotations")
        writer.raw(annotations)
    }
}
