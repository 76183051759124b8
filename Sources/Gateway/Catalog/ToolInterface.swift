import MCPProtocol

/// The URIs in a tool's `_meta` of the user interface that shows its results: `_meta.ui.resourceUri`, and
/// `_meta["ui/resourceUri"]` as it was once written (MCP Apps 2026-01-26).
struct ToolInterface: Sendable, Equatable {
    /// Each at most once. Only those of the scheme `ui`: a tool must not take another URI from whoever lists it.
    let uris: [String]

    private static let flatKey = "ui/resourceUri"

    /// - Returns: `nil` if the tool has no interface.
    init?(of definition: RawJSON) {
        guard let meta = definition.member("_meta"), meta.kind == .object else { return nil }
        let (nested, flat) = meta.members("ui", Self.flatKey)
        var uris: [String] = []
        for uri in [nested?.member("resourceUri")?.stringValue, flat?.stringValue] {
            if let uri, uri.lowercased().hasPrefix("ui://"), !uris.contains(uri) { uris.append(uri) }
        }
        guard !uris.isEmpty else { return nil }
        self.uris = uris
    }

    /// The `_meta` of the tool with these URIs mapped; `nil` if that changes none of them.
    func meta(of definition: RawJSON, mapping map: (String) -> String) -> [UInt8]? {
        guard uris.contains(where: { map($0) != $0 }), let meta = definition.member("_meta") else { return nil }
        var changes: [(name: String, value: [UInt8]?)] = []
        let (nested, flat) = meta.members("ui", Self.flatKey)
        if let nested, let uri = nested.member("resourceUri")?.stringValue {
            changes.append(("ui", nested.replacingMembers([("resourceUri", JSONWriter.quote(map(uri)))])))
        }
        if let uri = flat?.stringValue { changes.append((Self.flatKey, JSONWriter.quote(map(uri)))) }
        return meta.replacingMembers(changes)
    }
}
