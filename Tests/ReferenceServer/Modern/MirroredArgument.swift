import MCPProtocol

/// An argument that a client has to repeat in a header, as `x-mcp-header` in the input schema says (MCP 2026-07-28,
/// Transports, "Custom Headers").
struct MirroredArgument: Sendable {
    enum Kind: Sendable {
        case string, integer, boolean
    }

    /// What stands behind `Mcp-Param-`.
    let name: String
    /// From the arguments inwards.
    let path: [String]
    let kind: Kind

    var header: String { "Mcp-Param-\(name)" }

    func value(in arguments: RawJSON?) -> RawJSON? {
        var value = arguments
        for name in path { value = value?.member(name) }
        return value?.isNull == true ? nil : value
    }

    /// Whether a header, decoded, says the same as the argument. An argument of another type is the tool's business.
    func agrees(_ header: String, _ value: RawJSON) -> Bool {
        switch kind {
        case .string: value.stringValue.map { $0.utf8.elementsEqual(header.utf8) } ?? true
        case .boolean: value.boolValue.map { header == ($0 ? "true" : "false") } ?? true
        case .integer: value.doubleValue.map { Double(header) == $0 } ?? true
        }
    }
}
