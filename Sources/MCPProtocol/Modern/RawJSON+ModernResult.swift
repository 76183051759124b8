/// Results of the revisions with a `resultType`.
extension RawJSON {
    /// This result as an answer of 2026-07-28 from the server named here: with `resultType`, unless it says one, and the
    /// server's identity in `_meta`.
    ///
    /// - Parameter serverInfo: an object.
    package func completeResult(serverInfo: [UInt8]) -> RawJSON {
        guard kind == .object else { return self }
        let meta = member("_meta")
        let newMeta: [UInt8]
        if let meta, meta.kind == .object {
            newMeta = meta.replacingMembers([(MetaKey.serverInfo, serverInfo)])
        } else {
            newMeta = [.openBrace] + JSONWriter.quote(MetaKey.serverInfo) + [.colon] + serverInfo + [.closeBrace]
        }
        var changes: [(name: String, value: [UInt8]?)] = [("_meta", newMeta)]
        if member("resultType") == nil { changes.append(("resultType", Array(#""complete""#.utf8))) }
        return RawJSON(unchecked: replacingMembers(changes)[...])
    }

    /// This list or read result with caching hints, unless it has its own.
    ///
    /// - Parameter ttlMilliseconds: how long it stays fresh.
    package func hinted(ttlMilliseconds: Int64, isPublic: Bool) -> RawJSON {
        let (ttl, scope) = members("ttlMs", "cacheScope")
        var changes: [(name: String, value: [UInt8]?)] = []
        if ttl == nil { changes.append(("ttlMs", Array("\(max(0, ttlMilliseconds))".utf8))) }
        if scope == nil { changes.append(("cacheScope", JSONWriter.quote(isPublic ? "public" : "private"))) }
        return changes.isEmpty ? self : RawJSON(unchecked: replacingMembers(changes)[...])
    }

    /// This result of 2026-07-28 without what older revisions do not have in any result.
    package var withoutModernMembers: RawJSON {
        let changes: [(path: [String], value: [UInt8]?)] = [
            (["resultType"], nil), (["ttlMs"], nil), (["cacheScope"], nil),
        ]
        return replacing(changes).withoutEnvelope
    }

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
