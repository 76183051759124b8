import MCPProtocol

extension InitializeResult {
    /// What a server of 2026-07-28 said of itself, in the words of a handshake.
    init(_ discovery: DiscoverResult) {
        self.init(
            protocolVersion: .v2026_07_28, capabilities: discovery.capabilities, serverInfo: discovery.serverInfo,
            instructions: discovery.instructions)
    }
}
