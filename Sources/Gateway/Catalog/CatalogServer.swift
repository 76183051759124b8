import MCPProtocol

/// What a server said of itself when it was last listed.
package struct CatalogServer: Sendable, Equatable {
    package let name: String
    /// An object, as the server declared it.
    package let capabilities: RawJSON
    package let revision: ProtocolRevision
    /// The server's words to the model.
    package let instructions: String?
    /// How many entries of each list the server has, those included that are not exposed.
    package let counts: [ListKind: Int]

    /// Whether the server declares a capability, or a setting of one.
    ///
    /// - Parameter path: such as `"resources", "subscribe"`. `null` and `false` are no declarations.
    package func hasCapability(_ path: [String]) -> Bool {
        capabilities.declaresCapability(path)
    }
}

extension RawJSON {
    /// Whether this object, the capabilities of a peer, declares a capability or a setting of one. There are peers that
    /// write `null` for what they do not have.
    func declaresCapability(_ path: [String]) -> Bool {
        var value = self
        for name in path {
            guard let member = value.member(name) else { return false }
            value = member
        }
        return !value.isNull && value.boolValue != false
    }
}
