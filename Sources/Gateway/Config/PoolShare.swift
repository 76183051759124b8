/// Which clients use an upstream session together.
package enum PoolShare: String, Sendable, CaseIterable {
    /// Shared by all clients that cannot be asked questions (sampling, elicitation, roots); a client that can gets its
    /// own, so that a question reaches only the client whose call caused it.
    case auto

    /// Everybody shares.
    case global

    /// One for each authenticated user.
    case user

    /// One for each client session: for servers that keep state.
    case session

    /// A fresh one for each call.
    case call
}
