import MCPProtocol

/// Wants to know what has changed in the server: a client's session.
@LoopActor
protocol ServerObserver: AnyObject {
    /// A list has other items now, or is said to.
    ///
    /// - Parameter list: resource templates are announced together with ``ListKind/resources``.
    func listDidChange(_ list: ListKind)

    func resourceDidUpdate(_ uri: String)

    /// URIs of the resources whose updates the client wants to know.
    var subscriptions: Set<String> { get }
}
