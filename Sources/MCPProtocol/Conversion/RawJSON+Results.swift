/// Results, other than those of tools, and items of lists on their way between revisions. Themselves, uncopied, where that
/// changes nothing.
///
/// What every result of 2026-07-28 has is taken away here, but not added: see ``completeResult(serverInfo:)``.
extension RawJSON {
    private static let toolMembers = ["execution", "outputSchema", "inputSchema"]
    private static let hopMembers = ["_meta", "resultType"]

    /// This result of any method that has no conversion of its own.
    package func result(from source: ProtocolRevision, for target: ProtocolRevision) -> RawJSON {
        if source.isModern == target.isModern { return self }
        if source.isModern { return withoutModernMembers }
        var editor = ObjectEditor(self, Self.hopMembers)
        editor.removeLegacyMembers(meta: 0, resultType: 1)
        return editor.finish()
    }

    /// This `GetPromptResult`: with content that the client's revision has, see ``toolResult(from:for:structuredIsWrapped:)``.
    package func promptResult(from source: ProtocolRevision, for target: ProtocolRevision) -> RawJSON {
        let result = result(from: source, for: target)
        guard !target.hasResourceLinks || !target.hasAudioContent else { return result }
        var edits: [JSONEdit] = []
        var number = 0
        result.member("messages")?.forEachElement { message in
            if let block = message.member("content"), let adapted = block.contentBlock(for: target, number: number) {
                edits.append(JSONEdit(block, adapted))
            }
            number += 1
            return true
        }
        return result.applying(edits)
    }

    /// This `ReadResourceResult`: where there is nothing about its freshness, as from older servers, it is stale at once and
    /// for nobody else.
    package func readResult(from source: ProtocolRevision, for target: ProtocolRevision) -> RawJSON {
        let result = result(from: source, for: target)
        return target.hasCachingHints ? result.hinted(ttlMilliseconds: 0, isPublic: false) : result
    }

    /// This item of a list as a client of `target` can read it, whatever its server speaks. What is merely unknown to the
    /// client (titles, icons, annotations) may stay.
    ///
    /// Tools are without an `execution` or `outputSchema` that the revision does not have. An `outputSchema` of anything but
    /// an object is wrapped for legacy revisions, see ``wrapsStructuredContent(ofTool:)``, or left out where its meaning
    /// could change. For 2026-07-28 the `inputSchema` says that it is one of an object.
    package func listItem(_ kind: ListKind, for target: ProtocolRevision) -> RawJSON {
        guard kind == .tools else { return self }
        var editor = ObjectEditor(self, Self.toolMembers)
        if !target.hasCoreTasks { editor.remove(0) }
        if !target.hasStructuredContent {
            editor.remove(1)
        } else if !target.hasAnyStructuredContent, let schema = editor[1] {
            switch LegacyOutputSchema(schema) {
            case .unchanged: break
            case .wrapped(let object): editor.set(1, to: object.bytes)
            case .unusable: editor.remove(1)
            }
        }
        if target.isModern, let schema = editor[2], schema.kind == .object, schema.member("type") == nil {
            editor.set(2, to: schema.replacingMembers([("type", Array("\"object\"".utf8))]))
        }
        return editor.finish()
    }
}
