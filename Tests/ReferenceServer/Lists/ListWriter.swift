import MCPProtocol

/// Writes results of list requests.
enum ListWriter {
    /// - Parameter write: writes one item.
    static func write<Item>(
        _ kind: ListKind, _ items: some Collection<Item>, nextCursor: String?,
        _ write: (Item, inout JSONWriter) -> Void
    ) -> [UInt8] {
        var writer = JSONWriter(capacity: 64 + items.count * 400)
        writer.beginObject()
        writer.key(kind.member)
        writer.beginArray()
        for item in items { write(item, &writer) }
        writer.endArray()
        if let nextCursor {
            writer.key("nextCursor")
            writer.string(nextCursor)
        }
        writer.endObject()
        return writer.finish()
    }
}
