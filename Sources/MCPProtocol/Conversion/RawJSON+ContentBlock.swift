/// Content as older revisions can express it. What a revision can express stays as it is, byte for byte.
extension RawJSON {
    func isBlock(_ type: StaticString) -> Bool { member("type")?.isString(type) ?? false }

    /// This content as `revision` can express it; `nil` when it stays as it is.
    ///
    /// - Parameter number: makes the URI of an embedded resource different from that of others beside it.
    func contentBlock(for revision: ProtocolRevision, number: Int) -> [UInt8]? {
        if !revision.hasResourceLinks, isBlock("resource_link") {
            return Self.textBlock(Self.words(ofLink: self), annotatedAs: self)
        }
        if !revision.hasAudioContent, isBlock("audio") { return Self.resource(ofAudio: self, number: number) }
        return nil
    }

    static func textBlock(_ text: String, annotatedAs block: RawJSON? = nil) -> [UInt8] {
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

    /// Title or name, URI and description of a link, a line each.
    private static func words(ofLink link: RawJSON) -> String {
        let title = link.member("title") ?? link.member("name")
        return [title, link.member("uri"), link.member("description")]
            .compactMap { $0?.stringValue }.filter { !$0.isEmpty }.joined(separator: "\n")
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
