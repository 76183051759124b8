import MCPProtocol

/// One prompt of the merged catalogue. Its name is made as a tool's is, in a space of its own: a prompt and a tool may
/// have the same one.
package struct CatalogPrompt: CatalogItem, Equatable {
    /// What clients call it.
    package let exposedName: String
    package let server: String
    /// What its server calls it.
    package let originalName: String
    /// The same as JSON, for every request for it.
    let quotedOriginalName: [UInt8]
    package let definition: RawJSON

    init(exposedName: String, server: String, originalName: String, definition: RawJSON) {
        self.exposedName = exposedName
        self.server = server
        self.originalName = originalName
        self.definition = definition
        quotedOriginalName = JSONWriter.quote(originalName)
    }

    package var exposedKey: String { exposedName }
    package var originalKey: String { originalName }

    func exposed(as name: String) -> CatalogPrompt {
        guard name != exposedName else { return self }
        return CatalogPrompt(
            exposedName: name, server: server, originalName: originalName,
            definition: RawJSON(unchecked: definition.replacingMembers([("name", JSONWriter.quote(name))])[...]))
    }
}
