import MCPProtocol

/// One tool of the merged catalogue.
package struct CatalogTool: Sendable {
    /// What clients call it.
    package let exposedName: String
    /// The server's key in the configuration.
    package let server: String
    /// What its server calls it.
    package let originalName: String
    /// The same as JSON, for every call to it.
    let quotedOriginalName: [UInt8]
    /// The tool as clients see it: as the server listed it, every byte but the name and overridden members.
    package let definition: RawJSON
    /// The operator's own time limit for this tool.
    package let timeout: ToolOverride.TimeoutOverride?

    init(
        exposedName: String, server: String, originalName: String, definition: RawJSON,
        timeout: ToolOverride.TimeoutOverride?
    ) {
        self.exposedName = exposedName
        self.server = server
        self.originalName = originalName
        self.definition = definition
        self.timeout = timeout
        quotedOriginalName = JSONWriter.quote(originalName)
    }

    package var description: String? { definition.member("description")?.stringValue }
}
