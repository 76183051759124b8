import AsyncIO
import MCPProtocol

/// What the gateway says of itself at the beginning of a session: the servers' capabilities and instructions, merged.
extension Router {
    /// The union of what the servers offer. While servers have never been seen, anything may come yet.
    var capabilities: ServerCapabilities {
        guard catalog.unlistedServers.isEmpty else { return .everything }
        return catalog.snapshot.servers.reduce(.none) { union, server in
            .union(union, ServerCapabilities(server.capabilities, revision: server.revision))
        }
    }

    /// Waits a moment for servers that were never seen, so that what is said of them is right.
    func settle(on loop: EventLoop) async {
        if !catalog.isSettled { await catalog.waitUntilSettled(on: loop) }
    }

    /// The servers' instructions for the model, each under its server's name; alone, a server speaks for itself.
    var instructions: String? {
        let sections = catalog.snapshot.instructions
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
