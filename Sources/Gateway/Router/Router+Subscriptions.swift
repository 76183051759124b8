import MCPProtocol

/// What clients want beside calls: `resources/subscribe`, `logging/setLevel`, news of their roots.
extension Router {
    func subscribe(_ params: RawJSON?, by session: FrontSession) async throws(JSONRPCError) {
        let uri = try Self.uri(in: params)
        let snapshot = catalog.snapshot(for: session)
        let routes = snapshot.route(uri: uri)
        var refusal: JSONRPCError?
        for route in routes {
            // Whether the server declares it is not asked: there are servers that take subscriptions and do not say so.
            guard let upstream = upstreams[route.server] else { continue }
            do throws(JSONRPCError) {
                try await upstream.subscribe(route.originalURI, exposedAs: uri, by: session)
                return
            } catch {
                refusal = refusal ?? error
            }
        }
        throw refusal
            ?? JSONRPCError(
                code: session.revision.resourceNotFoundCode,
                message: "no server lets its clients subscribe to \(uri.prefix(500))")
    }

    func unsubscribe(_ params: RawJSON?, by session: FrontSession) async throws(JSONRPCError) {
        let uri = try Self.uri(in: params)
        // Where the subscription was taken cannot be told from the URI alone; of others it is of no effect.
        for route in catalog.snapshot(for: session).route(uri: uri) {
            await upstreams[route.server]?.unsubscribe(route.originalURI, by: session)
        }
    }

    private static func uri(in params: RawJSON?) throws(JSONRPCError) -> String {
        guard let uri = params?.member("uri")?.stringValue, !uri.isEmpty else {
            throw .invalidParams("params.uri must be a string")
        }
        return uri
    }

    /// Returns when the sessions in use know of the level.
    func setLogLevel(_ level: LoggingLevel, by session: FrontSession) async {
        session.requestedLogLevel = level
        sessions.noteLogLevelRequested()
        await withTaskGroup(of: Void.self) { group in
            for upstream in upstreams.values { group.addTask { await upstream.logLevelChanged(by: session) } }
        }
    }

    func rootsChanged(of session: FrontSession) {
        for upstream in upstreams.values { upstream.rootsChanged(of: session) }
    }

    /// A client's session has begun.
    func welcome(_ session: FrontSession) {
        // Only where a level was asked for does another client make a difference.
        guard sessions.hasLogLevelRequested else { return }
        for upstream in upstreams.values { Task { await upstream.renewCommonLogLevel() } }
    }

    /// A client's session has ended.
    func release(_ session: FrontSession) {
        if !session.isPart { catalog.end(session) }
        for upstream in upstreams.values { Task { await upstream.release(session) } }
    }
}
