import MCPProtocol

/// One resource, or one template for resources, of the merged catalogue.
package struct CatalogResource: CatalogItem, Equatable {
    /// What clients ask for. The server's own URI, unless another server has it, too.
    package let exposedURI: String
    package let server: String
    /// What its server calls it: a URI, or a URI template (RFC 6570).
    package let originalURI: String
    package let isTemplate: Bool
    package let definition: RawJSON

    package var exposedKey: String { exposedURI }
    package var originalKey: String { originalURI }

    package var name: String? { definition.member("name")?.stringValue }
    package var mimeType: String? { definition.member("mimeType")?.stringValue }

    func exposed(as uri: String) -> CatalogResource {
        guard uri != exposedURI else { return self }
        let key = (isTemplate ? ListKind.resourceTemplates : .resources).key
        return CatalogResource(
            exposedURI: uri, server: server, originalURI: originalURI, isTemplate: isTemplate,
            definition: RawJSON(unchecked: definition.replacingMembers([(key, JSONWriter.quote(uri))])[...]))
    }
}
