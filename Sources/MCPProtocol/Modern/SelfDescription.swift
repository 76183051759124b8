/// What a request of 2026-07-28 says of itself and of its client: MCP 2026-07-28, Base Protocol, "`_meta`".
package enum SelfDescription {
    private static let versionAndCapabilities = Array(
        "\"\(MetaKey.protocolVersion)\":\"\(ProtocolRevision.v2026_07_28.rawValue)\",\"\(MetaKey.clientCapabilities)\":"
            .utf8)
    private static let info = Array(",\"\(MetaKey.clientInfo)\":".utf8)
    private static let level = Array(",\"\(MetaKey.logLevel)\":".utf8)
    private static let affinity = Array(",\"\(MetaKey.affinity)\":".utf8)

    /// The members of `_meta`, without braces.
    ///
    /// - Parameters:
    ///   - capabilities: of the client the request is made for, an object.
    ///   - clientInfo: an object.
    ///   - logLevel: `nil` asks for no log messages.
    ///   - affinity: see ``RequestMeta/affinity``; for a server that is a gateway of ours.
    package static func members(
        capabilities: RawJSON, clientInfo: RawJSON, logLevel: String?, affinity: String? = nil
    ) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(
            versionAndCapabilities.count + capabilities.bytes.count + info.count + clientInfo.bytes.count + 64)
        output.append(contentsOf: versionAndCapabilities)
        output.append(contentsOf: capabilities.bytes)
        output.append(contentsOf: info)
        output.append(contentsOf: clientInfo.bytes)
        if let logLevel {
            output.append(contentsOf: level)
            JSONWriter.appendQuoted(logLevel, to: &output)
        }
        if let affinity {
            output.append(contentsOf: Self.affinity)
            JSONWriter.appendQuoted(affinity, to: &output)
        }
        return output
    }
}
