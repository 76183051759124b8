extension RawJSON {
    /// This `CallToolResult` as a client of an older revision can read it.
    ///
    /// Content that the revision does not have becomes content that it has: a link to a resource a text, a sound the
    /// embedded resource it is, structured content without a text its JSON as text. Every other byte stays; a result
    /// that the revision can express is returned as it is.
    package func toolResult(for revision: ProtocolRevision) -> RawJSON {
        guard !revision.hasResourceLinks || !revision.hasAudioContent, kind == .object else { return self }
        var blocks: [[UInt8]] = []
        var isChanged = false
        var hasText = false
        member("content")?.forEachElement { block in
            switch block.member("type")?.stringValue {
            case "resource_link" where !revision.hasResourceLinks:
                blocks.append(Self.text(Self.words(ofLink: block), annotatedAs: block))
                (isChanged, hasText) = (true, true)
            case "audio" where !revision.hasAudioContent:
                blocks.append(Self.resource(ofAudio: block, number: blocks.count))
                isChanged = true
            case let type:
                if type == "text" { hasText = true }
                blocks.append(Array(block.bytes))
            }
            return true
        }
        let structured = revision.hasStructuredContent ? nil : member("structuredContent")
        if let structured, !hasText {
            blocks.append(Self.text(structured.text, annotatedAs: nil))
            isChanged = true
        }
        var changes: [(name: String, value: [UInt8]?)] = []
        if isChanged { changes.append(("content", Self.array(blocks))) }
        if structured != nil { changes.append(("structuredContent", nil)) }
        return changes.isEmpty ? self : RawJSON(unchecked: replacingMembers(changes)[...])
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

    /// - Parameter number: makes the URI, which a resource needs, different from that of other sounds in the result.
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

    private static func array(_ elements: [[UInt8]]) -> [UInt8] {
        var writer = JSONWriter(capacity: elements.reduce(2) { $0 + $1.count + 1 })
        writer.beginArray()
        for element in elements { writer.raw(element) }
        writer.endArray()
        return writer.finish()
    }
}
