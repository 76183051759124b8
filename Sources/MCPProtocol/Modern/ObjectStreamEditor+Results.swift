/// Results that are too large to be held, changed while they pass.
extension ObjectStreamEditor {
    /// Makes a result of a server with sessions an answer of 2026-07-28 from the server named here, whatever the result says
    /// of its own type: such a server cannot ask in a result.
    ///
    /// - Parameter serverInfo: an object.
    package static func completing(resultOf method: String, serverInfo: [UInt8]) -> ObjectStreamEditor {
        var changes: [(name: String, change: Change)] = [("resultType", .first(Array(#""complete""#.utf8)))]
        if method == "resources/read" {
            changes.append(("ttlMs", .addedLast(Array("0".utf8))))
            changes.append(("cacheScope", .addedLast(Array(#""private""#.utf8))))
        }
        let completed: @Sendable (RawJSON) -> [UInt8]? = { meta in
            var editor = ObjectEditor(meta.kind == .object ? meta : .emptyObject, hopMeta)
            for (index, key) in hopMeta.enumerated() {
                if key == MetaKey.serverInfo { editor.set(index, to: serverInfo) } else { editor.remove(index) }
            }
            return Array(editor.finish().bytes)
        }
        changes.append(("_meta", .replaced(completed, else: completed(.emptyObject))))
        return ObjectStreamEditor(changes)
    }

    /// Members of `_meta` that are not of servers with sessions, or of no interest to clients of 2026-07-28.
    private static let hopMeta = MetaKey.envelope + [RelatedTask.key]

    /// Takes from a result of 2026-07-28 what older revisions do not have in any: see ``RawJSON/withoutModernMembers``.
    package static var withoutModernMembers: ObjectStreamEditor {
        let withoutEnvelope: @Sendable (RawJSON) -> [UInt8]? = { meta in
            guard meta.kind == .object else { return Array(meta.bytes) }
            var editor = ObjectEditor(meta, MetaKey.envelope)
            guard editor.hasOthers || !editor.hasAny else { return nil }
            for key in MetaKey.envelope.indices { editor.remove(key) }
            return Array(editor.finish().bytes)
        }
        return ObjectStreamEditor([
            ("resultType", .removed), ("ttlMs", .removed), ("cacheScope", .removed),
            ("_meta", .replaced(withoutEnvelope, else: nil)),
        ])
    }
}
