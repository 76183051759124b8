import MCPProtocol

/// Who we say we are.
package enum GatewayVersion {
    package static let name = "mcp-gateway"
    package static let number = "0.1.0"
    package static let implementation = Implementation(name: name, version: number, title: "MCP gateway")
}
