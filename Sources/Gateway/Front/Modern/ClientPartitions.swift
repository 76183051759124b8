import AsyncIO
import MCPProtocol
import Synchronization

/// The clients of 2026-07-28, by what they declare and by their affinities: nothing else tells one request from another, as
/// there are no sessions.
///
/// Servers with a handshake hear of a client's capabilities only there, and may keep what a session did. So all requests
/// that declare the same, and have the same affinity or none, share one ``FrontSession``, which has sessions of its own with
/// such servers. Clients never see it.
final class ClientPartitions: Sendable {
    private struct State {
        /// By the declaration as it was written.
        var byText: [WrittenKey: FrontSession] = [:]
        var known: KnownDescriptions
        var plain: Group
        var withAffinity: Group
    }

    /// What tells a request from others, as its client wrote it.
    private struct WrittenKey: Hashable {
        let capabilities: [UInt8]
        let affinity: String?
    }

    private struct Key: Hashable {
        let fingerprint: String
        let affinity: String?
    }

    /// Partitions with a limit of their own: the affinities that clients make up cost those without one nothing.
    private struct Group {
        let limit: Int
        var partitions: [Key: FrontSession] = [:]

        /// Sees to it that there is room for another.
        ///
        /// - Returns: the one that has to go for it, which nothing has used for longest; whoever declares the same again gets
        ///   another. `nil` where there is room, or all are in use.
        mutating func makeRoom() -> FrontSession? {
            partitions = partitions.filter { !$0.value.hasEnded }
            guard !hasRoom else { return nil }
            let now = MonotonicInstant.now
            let unused = partitions.compactMap { key, session in session.idleTime(now: now).map { (key, $0) } }
            return unused.max { $0.1 < $1.1 }.flatMap { partitions.removeValue(forKey: $0.0) }
        }

        var hasRoom: Bool { partitions.count < limit }
    }

    /// Different declarations at any moment. Real clients have a few; more of them cost nobody else anything.
    static let maxPartitions = 256
    /// Spellings of declarations that are remembered, beside one for each affinity.
    private static let maxSpellings = 1024

    private let sessions: SessionStore
    private let router: Router
    private let maxAffinities: Int
    private let state: Mutex<State>

    /// - Parameter maxAffinities: partitions with an affinity at any moment.
    init(_ router: Router, sessions: SessionStore, maxAffinities: Int) {
        self.router = router
        self.sessions = sessions
        self.maxAffinities = maxAffinities
        state = Mutex(
            State(
                known: KnownDescriptions(limit: Self.maxSpellings + maxAffinities),
                plain: Group(limit: Self.maxPartitions), withAffinity: Group(limit: maxAffinities)))
    }

    /// The members of a request's params, and who makes it, if one before has described its client so, to the letter.
    func members(of params: RawJSON?) -> (RequestMembers, DescribedClient?) {
        var client: DescribedClient?
        let members = RequestMembers(params) { meta in
            client = state.withLock { $0.known.client(describedAs: meta) }
            return client?.members
        }
        client?.partition.touch()
        return (members, client)
    }

    /// Who makes a request.
    ///
    /// - Throws: when there are too many.
    func client(describedIn members: RequestMembers, _ meta: RequestMeta) throws(JSONRPCError) -> DescribedClient {
        let partition = try partition(declaring: meta.clientCapabilities, affinity: meta.affinity)
        guard let described = members.meta else { throw .invalidParams("params._meta must be an object") }
        guard KnownDescriptions.mayKeep(described) else {
            return DescribedClient(described, meta, partition: partition)
        }
        let own = described.detached()
        let client: DescribedClient
        do throws(MessageError) {
            client = DescribedClient(own, try RequestMeta(own), partition: partition)
        } catch {
            throw .invalidParams("\(error)")
        }
        state.withLock { $0.known.keep(client) }
        return client
    }

    /// The partition of a request.
    ///
    /// - Parameter affinity: see ``MCPProtocol/RequestMeta/affinity``.
    /// - Throws: when there are too many.
    func partition(declaring capabilities: RawJSON, affinity: String?) throws(JSONRPCError) -> FrontSession {
        let text = WrittenKey(capabilities: Array(capabilities.bytes), affinity: affinity)
        if let known = state.withLock({ $0.byText[text] }), !known.hasEnded {
            known.touch()
            return known
        }
        let declared = ClientCapabilities(capabilities, revision: .v2026_07_28)
        let (session, isNew) = try find(declared, affinity)
        state.withLock { state in
            let limit = Self.maxSpellings + maxAffinities
            if state.byText.count >= limit { state.byText = state.byText.filter { !$0.value.hasEnded } }
            if state.byText.count >= limit { state.byText = [:] }
            state.byText[text] = session
        }
        if isNew { router.begin(session) }
        return session
    }

    private func find(
        _ declared: ClientCapabilities, _ affinity: String?
    ) throws(JSONRPCError) -> (FrontSession, isNew: Bool) {
        let key = Key(fingerprint: declared.fingerprint, affinity: affinity)
        let group: WritableKeyPath<State, Group> = affinity == nil ? \.plain : \.withAffinity
        let (found, evicted) = state.withLock { state -> ((FrontSession, Bool)?, FrontSession?) in
            if let known = state[keyPath: group].partitions[key], !known.hasEnded {
                known.touch()
                return ((known, false), nil)
            }
            let evicted = state[keyPath: group].makeRoom()
            if let evicted {
                state.byText = state.byText.filter { $0.value !== evicted }
                state.known.forget(evicted)
            }
            guard state[keyPath: group].hasRoom else { return (nil, evicted) }
            let session = sessions.make(
                revision: .v2026_07_28, clientInfo: Implementation(name: "", version: ""), capabilities: declared,
                affinity: affinity)
            guard sessions.add(session) else { return (nil, evicted) }
            _ = session.noteInitialized()
            state[keyPath: group].partitions[key] = session
            return ((session, true), evicted)
        }
        if let evicted {
            Task { [sessions] in await sessions.end(evicted, reason: "others came, and it was used least") }
        }
        guard let found else { throw .internalError(refusal(affinity)) }
        return found
    }

    private func refusal(_ affinity: String?) -> String {
        let many =
            affinity == nil
            ? "clients with \(Self.maxPartitions) different declarations of capabilities are at work"
            : "\(maxAffinities) values of _meta[\"\(MetaKey.affinity)\"] are in use, which is the limit "
                + "(limits.maxAffinities)"
        return "\(many), or limits.maxSessions is reached"
    }
}
