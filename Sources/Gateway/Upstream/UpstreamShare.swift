/// Whose session with a server it is: see `pool.share` in the configuration.
enum UpstreamShare: Hashable, Sendable {
    /// All clients that cannot be asked anything.
    case everybody
    /// All sessions of one user whose clients have the same capabilities.
    case user(String, capabilities: String)
    /// One session of a client, by its id.
    case client(String)
    /// One call.
    case call

    /// - Parameter session: the session of the client; `nil` for operators' own calls.
    init(_ policy: PoolShare, for session: FrontSession?) {
        let canBeAsked = session?.capabilities.canBeAsked ?? false
        switch policy {
        case .global: self = .everybody
        case .auto:
            if let session, canBeAsked { self = .client(session.shareID) } else { self = .everybody }
        case .user:
            if let session, let fingerprint = session.fingerprint {
                self = .user(session.principal, capabilities: fingerprint)
            } else {
                self = .everybody
            }
        case .session:
            if let session { self = .client(session.shareID) } else { self = .call }
        case .call: self = .call
        }
    }
}
