import MCPProtocol

/// Who we say we are.
enum AgentVersion {
    static let name = "agent-bridge"
    static let number = "0.1.0"
    static let implementation = Implementation(name: name, version: number, title: "Agent bridge")
}
