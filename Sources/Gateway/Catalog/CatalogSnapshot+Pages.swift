import MCPProtocol

extension CatalogSnapshot {
    /// The page of a list that begins at `offset`, as the result of the list's method; `nil` if there is no such page.
    package func page(_ kind: ListKind, at offset: Int, for revision: ProtocolRevision) -> RawJSON? {
        switch kind {
        case .tools: page(tools, kind, at: offset, for: revision)
        case .resources: page(resources, kind, at: offset, for: revision)
        case .resourceTemplates: page(resourceTemplates, kind, at: offset, for: revision)
        case .prompts: page(prompts, kind, at: offset, for: revision)
        }
    }

    private func page(
        _ items: [some CatalogItem], _ kind: ListKind, at offset: Int, for revision: ProtocolRevision
    ) -> RawJSON? {
        guard items.count > pageSize else {
            return offset == 0 ? wholeList(items, kind, for: revision) : nil
        }
        guard offset >= 0, offset < items.count, offset % pageSize == 0 else { return nil }
        let end = min(offset + pageSize, items.count)
        let cursor = end < items.count ? ListCursor(kind: kind, generation: generation, offset: end) : nil
        return Self.result(items[offset..<end], kind, for: revision, nextCursor: cursor?.sealed(with: cursorKey))
    }

    private func wholeList(_ items: [some CatalogItem], _ kind: ListKind, for revision: ProtocolRevision) -> RawJSON {
        let key = WholeList(kind: kind, revision: revision)
        if let result = wholeLists.withLock({ $0[key] }) { return result }
        let result = Self.result(items[...], kind, for: revision, nextCursor: nil)
        return wholeLists.withLock { lists in
            // Most revisions see the same list: they share its bytes.
            let same = lists.first { $0.key.kind == kind && $0.value == result }?.value ?? result
            lists[key] = same
            return same
        }
    }

    private static func result(
        _ items: ArraySlice<some CatalogItem>, _ kind: ListKind, for revision: ProtocolRevision, nextCursor: String?
    ) -> RawJSON {
        var writer = JSONWriter(capacity: items.reduce(128) { $0 + $1.definition.bytes.count + 1 })
        writer.beginObject()
        writer.key(kind.member)
        writer.beginArray()
        for item in items { writer.raw(item.definition(for: revision)) }
        writer.endArray()
        if let nextCursor {
            writer.key("nextCursor")
            writer.string(nextCursor)
        }
        writer.endObject()
        return RawJSON(unchecked: writer.finish()[...])
    }
}
