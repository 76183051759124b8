/// Where a resource may be read, and under which URI.
package struct ResourceRoute: Sendable, Hashable {
    /// What speaks for a route, strongest first.
    package enum Basis: Int, Sendable, Comparable {
        /// The server lists this resource or template, or a tool of it names it as its interface.
        case listed
        /// The URI carries the prefix of the server.
        case rewritten
        /// A result of the server had this URI in it.
        case learned
        /// A template of the server matches.
        case template
        /// Nothing but that the server has resources.
        case guess

        package static func < (left: Basis, right: Basis) -> Bool { left.rawValue < right.rawValue }
    }

    /// The key in the configuration.
    package let server: String
    /// What the server calls it.
    package let originalURI: String
    package let basis: Basis
}
