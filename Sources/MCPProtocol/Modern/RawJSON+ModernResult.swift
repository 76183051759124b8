/// Results of the revisions with a `resultType`.
extension RawJSON {
    private static let complete = Array(#""complete""#.utf8)
    private static let completed = ["resultType", "_meta"]
    private static let identity = [MetaKey.serverInfo]
    private static let hints = ["ttlMs", "cacheScope"]
    private static let modernMembers = ["resultType", "ttlMs", "cacheScope", "_meta"]

    /// This result as an answer of 2026-07-28 from the server named here: with `resultType`, unless it says one, and the
    /// server's identity in `_meta`.
    ///
    /// - Parameter serverInfo: an object.
    /// - Complexity: one scan and one copy.
    package func completeResult(serverInfo: [UInt8]) -> RawJSON {
        var editor = ObjectEditor(self, Self.completed)
        if editor[0] == nil { editor.set(0, to: Self.complete) }
        var meta = ObjectEditor(editor[1].flatMap { $0.kind == .object ? $0 : nil } ?? .emptyObject, Self.identity)
        meta.set(0, to: serverInfo)
        editor.set(1, to: meta.finish().bytes)
        return editor.finish()
    }

    /// This list or read result with caching hints, unless it has its own.
    ///
    /// - Parameter ttlMilliseconds: how long it stays fresh.
    package func hinted(ttlMilliseconds: Int64, isPublic: Bool) -> RawJSON {
        var editor = ObjectEditor(self, Self.hints)
        if editor[0] == nil { editor.set(0, to: Array("\(max(0, ttlMilliseconds))".utf8)) }
        if editor[1] == nil { editor.set(1, to: JSONWriter.quote(isPublic ? "public" : "private")) }
        return editor.finish()
    }

    /// This result of 2026-07-28 without what older revisions do not have in any result.
    package var withoutModernMembers: RawJSON {
        var editor = ObjectEditor(self, Self.modernMembers)
        for name in 0..<3 { editor.remove(name) }
        editor.removeEnvelope(from: 3)
        return editor.finish()
    }
}

extension ObjectEditor {
    /// Takes out of a `_meta` what concerns one hop only; one that is left with nothing goes.
    ///
    /// - Parameter keys: ``MetaKey/envelope``, and what else goes.
    mutating func removeEnvelope(from name: Int, _ keys: [String] = MetaKey.envelope) {
        guard let value = self[name], value.kind == .object else { return }
        var meta = ObjectEditor(value, keys)
        guard meta.hasAny else { return }
        guard meta.hasOthers else { return remove(name) }
        for key in keys.indices { meta.remove(key) }
        set(name, to: meta.finish().bytes)
    }
}

extension RawJSON {
    /// The result of a tool that could not do its work, in words for the model.
    package static func toolError(_ words: String) -> RawJSON {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("content")
        writer.beginArray()
        writer.beginObject()
        writer.key("type")
        writer.string("text")
        writer.key("text")
        writer.string(words)
        writer.endObject()
        writer.endArray()
        writer.key("isError")
        writer.bool(true)
        writer.endObject()
        return RawJSON(unchecked: writer.finish()[...])
    }
}
