import MCPProtocol

/// One tool of the merged catalogue.
package final class CatalogTool: CatalogItem {
    /// What clients call it.
    package let exposedName: String
    /// The server's key in the configuration.
    package let server: String
    /// What its server calls it.
    package let originalName: String
    /// The same as JSON, for every call to it.
    let quotedOriginalName: [UInt8]
    /// The tool as clients see it: as the server listed it, every byte but the name, overridden members and URIs of
    /// its user interface.
    package let definition: RawJSON
    /// The operator's own time limit for this tool.
    package let timeout: ToolOverride.TimeoutOverride?
    /// The user interface that belongs to it (MCP Apps 2026-01-26), as its server calls it.
    let interface: ToolInterface?
    /// Whether it runs as a task.
    let taskSupport: TaskSupport
    /// Whether clients of the legacy revisions are shown a wrapped `outputSchema`, so that results have to be wrapped, too.
    let structuredIsWrapped: Bool
    /// Whether its server says that calling it twice is no more than calling it once.
    let mayBeRepeated: Bool
    /// The arguments that headers repeat; `nil` if there are none, or the tool breaks the rules for them.
    let parameterHeaders: ParameterHeaders?

    init(
        exposedName: String, server: String, originalName: String, definition: RawJSON,
        timeout: ToolOverride.TimeoutOverride?, interface: ToolInterface? = nil
    ) {
        self.exposedName = exposedName
        self.server = server
        self.originalName = originalName
        self.definition = definition
        self.timeout = timeout
        self.interface = interface
        quotedOriginalName = JSONWriter.quote(originalName)
        taskSupport = TaskSupport(ofTool: definition)
        structuredIsWrapped = RawJSON.wrapsStructuredContent(ofTool: definition)
        mayBeRepeated = ["readOnlyHint", "idempotentHint"].contains { definition["annotations", $0]?.boolValue == true }
        parameterHeaders = ParameterHeaders(ofTool: definition)
    }

    package var exposedKey: String { exposedName }
    package var originalKey: String { originalName }

    /// Without `execution` where there are no tasks in the core, and with an `outputSchema` that the revision's results can
    /// conform to.
    package func definition(for revision: ProtocolRevision) -> RawJSON {
        definition.listItem(.tools, for: revision)
    }

    /// The tool under another name, with the URIs of its interface as clients know them.
    func exposed(as name: String, mappingURI map: (String) -> String) -> CatalogTool {
        var changes: [(name: String, value: [UInt8]?)] = []
        if name != exposedName { changes.append(("name", JSONWriter.quote(name))) }
        if let meta = interface?.meta(of: definition, mapping: map) { changes.append(("_meta", meta)) }
        guard !changes.isEmpty else { return self }
        return CatalogTool(
            exposedName: name, server: server, originalName: originalName,
            definition: RawJSON(unchecked: definition.replacingMembers(changes)[...]), timeout: timeout,
            interface: interface)
    }
}

extension CatalogTool: Equatable {
    package static func == (left: CatalogTool, right: CatalogTool) -> Bool {
        left.exposedName == right.exposedName && left.server == right.server && left.originalName == right.originalName
            && left.timeout == right.timeout && left.definition == right.definition
    }
}
