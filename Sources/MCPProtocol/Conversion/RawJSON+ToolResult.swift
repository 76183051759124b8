/// Results of tools on their way between revisions.
extension RawJSON {
    /// Members of a result that a conversion may have to do with: between eras, and within the legacy one.
    private static let members = ["content", "structuredContent", "_meta", "resultType", "ttlMs", "cacheScope"]
    private static let legacyMembers = ["content", "structuredContent"]

    /// This `CallToolResult` of a server that speaks `source` as a client that speaks `target` can read it; itself,
    /// uncopied, where that changes nothing, so always between peers of 2026-07-28.
    ///
    /// For older clients, content that their revision does not have becomes content that it has: a link to a resource a
    /// text, a sound the embedded resource it is. Structured content without a text gets its JSON as text, in every legacy
    /// revision (MCP 2025-11-25, Tools, "Structured Content"), and leaves where a revision does not have it.
    ///
    /// What every result of 2026-07-28 has is taken away here, but not added: see ``completeResult(serverInfo:)``.
    ///
    /// - Parameter structuredIsWrapped: the client was shown a wrapped `outputSchema`, see
    ///   ``wrapsStructuredContent(ofTool:)``: what it gets has to conform to that.
    /// - Complexity: one scan of the result; its content is looked into for legacy clients only.
    package func toolResult(
        from source: ProtocolRevision, for target: ProtocolRevision, structuredIsWrapped: Bool = false
    ) -> RawJSON {
        if source.isModern, target.isModern { return self }
        var editor = ObjectEditor(self, source.isModern || target.isModern ? Self.members : Self.legacyMembers)
        if target.isModern {
            editor.removeLegacyMembers(meta: 2, resultType: 3)
            if editor[0]?.isNull ?? true { editor.set(0, to: Array("[]".utf8)) }
        } else {
            if source.isModern {
                for name in 3...5 { editor.remove(name) }
                editor.removeEnvelope(from: 2)
            }
            editor.adaptContent(for: target)
            if let structured = editor[1] {
                editor.adaptStructured(structured, from: source, for: target, isWrapped: structuredIsWrapped)
            }
        }
        return editor.finish()
    }

    /// Whether clients of the legacy revisions with structured content are shown this tool with a wrapped `outputSchema`,
    /// because what it describes is no object: see ``listItem(_:for:)``.
    package static func wrapsStructuredContent(ofTool definition: RawJSON) -> Bool {
        guard let schema = definition.member("outputSchema"), case .wrapped = LegacyOutputSchema(schema) else {
            return false
        }
        return true
    }
}

extension ObjectEditor {
    /// Takes out of a result what only 2025-11-25 knows, and what would be taken for something else in 2026-07-28.
    mutating func removeLegacyMembers(meta: Int, resultType: Int) {
        removeEnvelope(from: meta, Self.legacyMeta)
        remove(resultType)
    }

    private static let legacyMeta = MetaKey.envelope + [RelatedTask.key]

    /// Content, which is the first of the names, in what `revision` has; with a text, if there is structured content, the
    /// second of the names, but no text.
    fileprivate mutating func adaptContent(for revision: ProtocolRevision) {
        let structured = self[1]
        if structured == nil, revision.hasResourceLinks, revision.hasAudioContent { return }
        let content = self[0]
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
        if let structured, !hasText {
            let text = RawJSON.textBlock(structured.text)
            if let content, content.kind == .array {
                let bracket = (content.bytes.endIndex - 1)..<content.bytes.endIndex
                edits.append(JSONEdit(bracket, (blockCount > 0 ? [.comma] : []) + text + [.closeBracket]))
            } else {
                set(0, to: [.openBracket] + text + [.closeBracket])
            }
        }
        if let content, !edits.isEmpty { set(0, to: content.applying(edits).bytes) }
    }

    fileprivate mutating func adaptStructured(
        _ structured: RawJSON, from source: ProtocolRevision, for target: ProtocolRevision, isWrapped: Bool
    ) {
        if !target.hasStructuredContent {
            remove(1)
        } else if isWrapped {
            var object = [.openBrace] + JSONWriter.quote(LegacyOutputSchema.member) + [.colon]
            object += structured.bytes
            set(1, to: object + [.closeBrace])
        } else if source.hasAnyStructuredContent, structured.kind != .object {
            // No schema says what it is, and the text says it, too.
            remove(1)
        }
    }
}
