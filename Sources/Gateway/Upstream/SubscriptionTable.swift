/// Who wants to hear of changes of which resource, in which of a server's sessions.
struct SubscriptionTable {
    struct Subscriber {
        let session: FrontSession
        /// The resource by the URI the client knows.
        let exposedURI: String
    }

    private var subscribers: [UpstreamShare: [String: [Subscriber]]] = [:]

    /// - Returns: whether the server has to be asked: nobody was subscribed before.
    mutating func add(_ subscriber: Subscriber, to uri: String, in share: UpstreamShare) -> Bool {
        var present = subscribers[share]?[uri] ?? []
        let isFirst = present.isEmpty
        present.removeAll { $0.session === subscriber.session }
        present.append(subscriber)
        subscribers[share, default: [:]][uri] = present
        return isFirst
    }

    /// - Returns: whether the server has to be told: nobody is subscribed any more.
    mutating func remove(_ session: FrontSession, from uri: String, in share: UpstreamShare) -> Bool {
        guard var present = subscribers[share]?[uri], present.contains(where: { $0.session === session }) else {
            return false
        }
        present.removeAll { $0.session === session }
        set(present, uri, share)
        return present.isEmpty
    }

    /// Forgets a client's session.
    ///
    /// - Returns: what nobody is subscribed to any more.
    mutating func remove(_ session: FrontSession) -> [(share: UpstreamShare, uri: String)] {
        var orphaned: [(share: UpstreamShare, uri: String)] = []
        for (share, uris) in subscribers {
            for uri in uris.keys where remove(session, from: uri, in: share) { orphaned.append((share, uri)) }
        }
        return orphaned
    }

    private mutating func set(_ present: [Subscriber], _ uri: String, _ share: UpstreamShare) {
        subscribers[share]?[uri] = present.isEmpty ? nil : present
        if subscribers[share]?.isEmpty == true { subscribers[share] = nil }
    }

    func has(_ share: UpstreamShare) -> Bool { subscribers[share] != nil }

    func uris(in share: UpstreamShare) -> [String] { subscribers[share].map { $0.keys.sorted() } ?? [] }

    func subscribers(of uri: String, in share: UpstreamShare) -> [Subscriber] { subscribers[share]?[uri] ?? [] }

    /// Whom a change of `uri` concerns: whoever subscribed to it, or to something it is a part of
    /// (MCP 2025-11-25, Resources, "Subscriptions").
    func concerned(by uri: String, in share: UpstreamShare) -> [(subscribed: String, Subscriber)] {
        guard let uris = subscribers[share] else { return [] }
        if let exact = uris[uri] { return exact.map { (uri, $0) } }
        return uris.flatMap { subscribed, subscribers in
            let folder = subscribed.hasSuffix("/") ? subscribed : subscribed + "/"
            return uri.hasPrefix(folder) ? subscribers.map { (subscribed, $0) } : []
        }
    }

    /// One of the clients' sessions subscribed there, to open a session for.
    func anySession(in share: UpstreamShare) -> FrontSession? { subscribers[share]?.values.first?.first?.session }

    /// How many resources a client's session is subscribed to at this server.
    func count(of session: FrontSession) -> Int {
        subscribers.values.reduce(0) { sum, uris in
            sum + uris.values.count { $0.contains { $0.session === session } }
        }
    }
}
