/// Members of `_meta` that the revisions without a handshake give a meaning: MCP 2026-07-28, Base Protocol, "`_meta`".
package enum MetaKey {
    /// In requests: the revision they are written in. Who writes it speaks a revision without a handshake.
    package static let protocolVersion = "io.modelcontextprotocol/protocolVersion"
    /// In requests: what the client can be asked.
    package static let clientCapabilities = "io.modelcontextprotocol/clientCapabilities"
    /// In requests: who the client is.
    package static let clientInfo = "io.modelcontextprotocol/clientInfo"
    /// In requests: the least severe log messages the client wants while this one runs.
    package static let logLevel = "io.modelcontextprotocol/logLevel"
    /// In what a subscription sends: the id of its `subscriptions/listen`.
    package static let subscriptionID = "io.modelcontextprotocol/subscriptionId"
    /// In results: who the server is.
    package static let serverInfo = "io.modelcontextprotocol/serverInfo"
    package static let progressToken = "progressToken"
    /// In requests: which others belong to the same run or conversation of their client. Of ours, not of the specification.
    package static let affinity = "mcp-gateway/affinity"

    /// What concerns one hop only and is made anew on the next, or left out.
    package static let envelope = [
        protocolVersion, clientCapabilities, clientInfo, logLevel, subscriptionID, serverInfo, affinity,
    ]
}
