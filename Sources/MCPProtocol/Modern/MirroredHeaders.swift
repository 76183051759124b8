/// The headers that repeat parts of a request over HTTP: MCP 2026-07-28, Transports, "Standard Headers".
package enum MirroredHeaders {
    package static let version = "MCP-Protocol-Version"
    package static let method = "Mcp-Method"
    package static let name = "Mcp-Name"

    /// The member of the params that ``name`` repeats; `nil` for methods whose requests have no such header.
    package static func nameMember(of method: String) -> RequestMembers.Name? {
        switch method {
        case "tools/call", "prompts/get": .name
        case "resources/read": .uri
        case "tasks/get", "tasks/update", "tasks/cancel": .taskID
        default: nil
        }
    }
}
