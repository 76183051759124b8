import Synchronization

/// Which server's results had a URI in them that no server lists: how a link is followed back to where it came from.
///
/// Bounded: of two generations of ``maxURIs`` / 2 each, the older one is forgotten when the younger is full; what is
/// looked up stays young.
final class LearnedOwners: Sendable {
    /// How many URIs are remembered.
    static let maxURIs = 8_192
    /// A longer URI is not remembered.
    static let maxURIBytes = 2_048

    private struct State {
        var young: [String: String] = [:]
        var old: [String: String] = [:]

        mutating func note(_ uri: String, _ server: String) {
            if young.count >= LearnedOwners.maxURIs / 2 {
                old = young
                young = [:]
            }
            young[uri] = server
        }

        mutating func owner(of uri: String) -> String? {
            if let server = young[uri] { return server }
            guard let server = old.removeValue(forKey: uri) else { return nil }
            note(uri, server)
            return server
        }
    }

    private let state = Mutex(State())

    func owner(of uri: String) -> String? { state.withLock { $0.owner(of: uri) } }

    /// The owner of a URI, which `server` becomes if there is none. `nil` for one too long to be remembered.
    func claim(_ uri: String, for server: String) -> String? {
        guard uri.utf8.count <= Self.maxURIBytes else { return nil }
        return state.withLock { state in
            if let owner = state.owner(of: uri) { return owner }
            state.note(uri, server)
            return server
        }
    }

    var count: Int { state.withLock { $0.young.count + $0.old.count } }
}
