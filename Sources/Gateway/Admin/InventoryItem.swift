import MCPProtocol

/// An entry of the catalogue as operators see it.
protocol InventoryItem: CatalogItem {
    /// The members that hold what clients know it by, and what its server does.
    var keyMembers: (exposed: String, original: String) { get }

    /// Members of its definition that are shown as they are, where they are there.
    static var shownMembers: [String] { get }
}

extension InventoryItem {
    /// Whether the lower-case `text` is in its key, name or description.
    func contains(_ text: String) -> Bool {
        [exposedKey, definition.member("name")?.stringValue, description].contains {
            $0?.lowercased().contains(text) == true
        }
    }

    /// - Parameter isLive: whether the server is there; else the entry is shown as last seen.
    func write(isLive: Bool, to body: inout JSONWriter) {
        body.beginObject()
        body.key(keyMembers.exposed)
        body.string(exposedKey)
        body.key("server")
        body.string(server)
        body.key(keyMembers.original)
        body.string(originalKey)
        if let description {
            body.key("description")
            body.string(description)
        }
        body.key("freshness")
        body.string(isLive ? "live" : "stale")
        for member in Self.shownMembers {
            guard let value = definition.member(member) else { continue }
            body.key(member)
            body.raw(value)
        }
        body.endObject()
    }
}

extension CatalogTool: InventoryItem {
    var keyMembers: (exposed: String, original: String) { ("name", "originalName") }
    static var shownMembers: [String] { ["inputSchema", "outputSchema", "annotations"] }
}

extension CatalogPrompt: InventoryItem {
    var keyMembers: (exposed: String, original: String) { ("name", "originalName") }
    static var shownMembers: [String] { ["title", "arguments"] }
}

extension CatalogResource: InventoryItem {
    var keyMembers: (exposed: String, original: String) {
        isTemplate ? ("uriTemplate", "originalUriTemplate") : ("uri", "originalUri")
    }
    static var shownMembers: [String] { ["name", "title", "mimeType", "size", "annotations"] }
}
