/// The result of `initialize`: MCP 2025-11-25, Lifecycle, "Initialization".
package struct InitializeResult: Equatable, Sendable {
    /// As written: judge it with ``ProtocolRevision/accepting(answered:)``.
    package var protocolVersion: String
    /// An object.
    package var capabilities: RawJSON
    package var serverInfo: Implementation
    /// For the model.
    package var instructions: String?

    package init(
        protocolVersion: ProtocolRevision, capabilities: RawJSON, serverInfo: Implementation,
        instructions: String? = nil
    ) {
        self.protocolVersion = protocolVersion.rawValue
        self.capabilities = capabilities
        self.serverInfo = serverInfo
        self.instructions = instructions
    }

    /// Missing capabilities are read as none.
    package init(result: RawJSON) throws(MessageError) {
        guard result.kind == .object else { throw MessageError(path: "result", fact: "must be an object") }
        let (version, capabilities, info) = result.members("protocolVersion", "capabilities", "serverInfo")
        guard let version = version?.stringValue else {
            throw MessageError(path: "result.protocolVersion", fact: "must be a string")
        }
        protocolVersion = version
        self.capabilities = try RawJSON.capabilities(capabilities, path: "result.capabilities")
        serverInfo = Implementation(info)
        instructions = result.member("instructions")?.stringValue
    }

    /// The result as JSON, in the form of its revision.
    package func encode() -> [UInt8] {
        var writer = JSONWriter(capacity: 256 + capabilities.bytes.count + (instructions?.utf8.count ?? 0))
        writer.beginObject()
        writer.key("protocolVersion")
        writer.string(protocolVersion)
        writer.key("capabilities")
        writer.raw(capabilities)
        writer.key("serverInfo")
        writer.raw(serverInfo.encode(for: .negotiated(forRequested: protocolVersion)))
        if let instructions {
            writer.key("instructions")
            writer.string(instructions)
        }
        writer.endObject()
        return writer.finish()
    }
}
