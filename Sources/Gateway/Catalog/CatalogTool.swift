import MCPProtocol

/// One tool of the merged catalogue.
package struct CatalogTool: Sendable {
    /// What clients call it.
    package let exposedName: String
    /// The server's key in the configuration.
    package let server: String
    /// What its server calls it.
    package let originalName: String
    /// The tool as clients see it: as the server listed it, every byte but the name and overridden members.
    package let definition: RawJSON
    /// The operator's own time limit for this tool.
    package let timeout: ToolOverride.TimeoutOverride?

    package var description: String? { definition.member("description")?.stringValue }
}
