import AsyncIO
import MCPProtocol

/// What the gateway says of itself at the beginning of a session: the servers' capabilities and instructions, merged.
extension Router {
    /// The union of what the servers offer to a client. While servers have never been seen, anything may come yet.
    func capabilities(for session: FrontSession) -> ServerCapabilities {
        guard catalog.unlistedServers.isEmpty else { return .everything }
        return catalog.snapshot(for: session).servers.reduce(.none) { union, server in
            .union(union, ServerCapabilities(server.capabilities, revision: server.revision))
        }
    }

    /// A client has asked for a session: what servers show to clients like it is found out, unless it is known.
    func begin(_ session: FrontSession) {
        catalog.begin(session)
        explore(for: session, onlyOutdated: false)
    }

    /// Finds out, in the background, what servers show to clients like this one, where that is not known.
    ///
    /// - Parameter onlyOutdated: only where it was known and has changed since.
    func explore(for session: FrontSession, onlyOutdated: Bool) {
        guard session.fingerprint != nil else { return }
        for upstream in upstreams.values { upstream.explore(for: session, onlyOutdated: onlyOutdated) }
    }

    /// Waits a moment for servers that were never seen, or never by a client like this one, so that what is said of them
    /// is right.
    func settle(for session: FrontSession, on loop: EventLoop) async {
        if !catalog.isSettled { await catalog.waitUntilSettled(on: loop) }
        await catalog.waitUntilExplored(for: session, on: loop)
    }

    /// The handshake with a client is over.
    func initialized(_ session: FrontSession) {
        if session.noteInitialized() { listens(session) }
    }

    /// A client may have become able to take what belongs to none of its calls.
    func listens(_ session: FrontSession) {
        guard session.capabilities.canBeAsked else { return }
        for upstream in upstreams.values { upstream.clientListens(session) }
    }

    /// The servers' instructions for the model, each under its server's name; alone, a server speaks for itself.
    func instructions(for session: FrontSession) -> String? {
        let sections = catalog.snapshot(for: session).instructions
        guard let first = sections.first else { return nil }
        if !configuration.usesPrefixes { return first.text.cut(to: configuration.limits.maxInstructionsBytes) }
        let separator = configuration.naming.separator
        let whole = sections.map { section in
            let prefix = configuration.server(named: section.server)?.prefix ?? section.server
            return "# \(section.server) (tools and prompts \(prefix)\(separator)…)\n\n\(section.text)"
        }
        return whole.joined(separator: "\n\n").cut(to: configuration.limits.maxInstructionsBytes)
    }
}

extension String {
    /// The text, or as much of its beginning as fits, with a mark that something is missing.
    fileprivate func cut(to maxBytes: Int) -> String {
        guard utf8.count > maxBytes else { return self }
        let mark = "\n[…]"
        var text = ""
        var bytes = mark.utf8.count
        for character in self {
            bytes += character.utf8.count
            guard bytes <= maxBytes else { break }
            text.append(character)
        }
        return text + mark
    }
}
