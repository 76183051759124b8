import MCPProtocol

/// An entry of a merged list.
package protocol CatalogItem: Sendable {
    /// The key in the configuration of the server it belongs to.
    var server: String { get }

    /// What clients know it by: its name, URI or URI template.
    var exposedKey: String { get }

    /// What its server knows it by.
    var originalKey: String { get }

    /// The entry as clients see it: as the server listed it, every byte but the key and what an operator overrides.
    var definition: RawJSON { get }

    /// The entry as a client of `revision` may see it. The only place where entries are fitted to revisions.
    func definition(for revision: ProtocolRevision) -> RawJSON
}

extension CatalogItem {
    package var description: String? { definition.member("description")?.stringValue }

    package func definition(for revision: ProtocolRevision) -> RawJSON { definition }
}
