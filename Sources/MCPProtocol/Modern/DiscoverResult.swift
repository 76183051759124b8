/// The result of `server/discover`: MCP 2026-07-28, Lifecycle, "Discovery".
package struct DiscoverResult: Equatable, Sendable {
    package static let method = "server/discover"

    /// As written, in the server's order.
    package var supportedVersions: [String]
    /// An object.
    package var capabilities: RawJSON
    package var serverInfo: Implementation
    /// For the model.
    package var instructions: String?
    /// How long the answer stays fresh, in milliseconds.
    package var ttlMilliseconds: Int64
    /// Whether it may be shown to others than who asked.
    package var isPublic: Bool

    package init(
        supportedVersions: [String], capabilities: RawJSON, serverInfo: Implementation, instructions: String?,
        ttlMilliseconds: Int64, isPublic: Bool
    ) {
        self.supportedVersions = supportedVersions
        self.capabilities = capabilities
        self.serverInfo = serverInfo
        self.instructions = instructions
        self.ttlMilliseconds = ttlMilliseconds
        self.isPublic = isPublic
    }

    /// Missing capabilities are read as none, missing hints as stale and private.
    package init(result: RawJSON) throws(MessageError) {
        guard result.kind == .object else { throw MessageError(path: "result", fact: "must be an object") }
        let (versions, capabilities, instructions) = result.members(
            "supportedVersions", "capabilities", "instructions")
        guard let versions, versions.kind == .array else {
            throw MessageError(path: "result.supportedVersions", fact: "must be an array")
        }
        supportedVersions = versions.elements.compactMap(\.stringValue)
        self.capabilities = try RawJSON.capabilities(capabilities, path: "result.capabilities")
        // In the body only in drafts of the revision.
        serverInfo = Implementation(result["_meta", MetaKey.serverInfo] ?? result.member("serverInfo"))
        self.instructions = instructions?.stringValue
        ttlMilliseconds = max(0, result.member("ttlMs")?.intValue ?? 0)
        isPublic = result.member("cacheScope")?.stringValue == "public"
    }

    package func encode() -> [UInt8] {
        var writer = JSONWriter(capacity: 512 + capabilities.bytes.count + (instructions?.utf8.count ?? 0))
        writer.beginObject()
        writer.key("resultType")
        writer.string("complete")
        writer.key("supportedVersions")
        writer.beginArray()
        for version in supportedVersions { writer.string(version) }
        writer.endArray()
        writer.key("capabilities")
        writer.raw(capabilities)
        if let instructions {
            writer.key("instructions")
            writer.string(instructions)
        }
        writer.key("ttlMs")
        writer.integer(ttlMilliseconds)
        writer.key("cacheScope")
        writer.string(isPublic ? "public" : "private")
        writer.key("_meta")
        writer.beginObject()
        writer.key(MetaKey.serverInfo)
        writer.raw(serverInfo.encode(for: .v2026_07_28))
        writer.endObject()
        writer.endObject()
        return writer.finish()
    }
}
