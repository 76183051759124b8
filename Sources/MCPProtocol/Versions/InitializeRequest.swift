/// The params of `initialize`: MCP 2025-11-25, Lifecycle, "Initialization".
package struct InitializeRequest: Equatable, Sendable {
    package static let method = "initialize"

    /// As written: it need not be a revision we know.
    package var protocolVersion: String
    /// An object.
    package var capabilities: RawJSON
    package var clientInfo: Implementation

    package init(protocolVersion: ProtocolRevision, capabilities: RawJSON, clientInfo: Implementation) {
        self.protocolVersion = protocolVersion.rawValue
        self.capabilities = capabilities
        self.clientInfo = clientInfo
    }

    /// Missing capabilities are read as none.
    package init(params: RawJSON?) throws(MessageError) {
        guard let params, params.kind == .object else {
            throw MessageError(path: "params", fact: "must be an object")
        }
        let (version, capabilities, info) = params.members("protocolVersion", "capabilities", "clientInfo")
        guard let version = version?.stringValue else {
            throw MessageError(path: "params.protocolVersion", fact: "must be a string")
        }
        protocolVersion = version
        self.capabilities = try RawJSON.capabilities(capabilities, path: "params.capabilities")
        clientInfo = Implementation(info)
    }

    /// The params as JSON, in the form of the revision asked for.
    package func encode() -> [UInt8] {
        var writer = JSONWriter(capacity: 256 + capabilities.bytes.count)
        writer.beginObject()
        writer.key("protocolVersion")
        writer.string(protocolVersion)
        writer.key("capabilities")
        writer.raw(capabilities)
        writer.key("clientInfo")
        writer.raw(clientInfo.encode(for: .negotiated(forRequested: protocolVersion)))
        writer.endObject()
        return writer.finish()
    }
}

extension RawJSON {
    /// `{}`
    package static let emptyObject = RawJSON(unchecked: Array("{}".utf8)[...])

    /// Whether this is an object without members.
    var isEmptyObject: Bool {
        var isEmpty = kind == .object
        forEachMember { _, _ in
            isEmpty = false
            return false
        }
        return isEmpty
    }

    static func capabilities(_ value: RawJSON?, path: String) throws(MessageError) -> RawJSON {
        guard let value, !value.isNull else { return .emptyObject }
        guard value.kind == .object else { throw MessageError(path: path, fact: "must be an object") }
        return value
    }
}
