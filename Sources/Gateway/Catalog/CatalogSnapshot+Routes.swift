import MCPProtocol

extension CatalogSnapshot {
    /// Where the resource, or template, that a client calls `uri` may be, best first. Empty if no server has resources.
    ///
    /// One that is listed is at one place. For any other, each further route is worth a try only when the server of the
    /// one before does not know the resource.
    package func route(uri: String) -> [ResourceRoute] {
        if let owner = owners[uri] { return [owner] }
        var routes: [ResourceRoute] = []
        func add(_ server: String, _ uri: String, _ basis: ResourceRoute.Basis) {
            guard !routes.contains(where: { $0.server == server && $0.originalURI == uri }) else { return }
            routes.append(ResourceRoute(server: server, originalURI: uri, basis: basis))
        }
        if let restored = RewrittenURI.restore(uri), let server = serversByURIPrefix[restored.prefix] {
            add(server, restored.uri, .rewritten)
        }
        if let server = learned.owner(of: uri) { add(server, uri, .learned) }
        // A template that was rewritten gives URIs that are restored above.
        for template in resourceTemplates where template.exposedURI == template.originalURI {
            guard URITemplateMatch.matches(template.originalURI, uri) else { continue }
            add(template.server, uri, .template)
        }
        // Whose it is stands in a rewritten one: there is nothing to guess.
        if routes.first?.basis == .rewritten { return routes }
        for server in servers where server.hasCapability(["resources"]) { add(server.name, uri, .guess) }
        return routes
    }

    /// What clients call the resource that a result of `server` calls `uri`.
    func exposedURI(_ uri: String, of server: ServerConfiguration) -> String {
        let rewritten = RewrittenURI.expose(uri, prefix: server.uriPrefix)
        if let owner = owners[uri] {
            return owner.server == server.name && owner.originalURI == uri ? uri : rewritten ?? uri
        }
        if let rewritten, owners[rewritten]?.originalURI == uri || hasRewrittenTemplate(for: uri, of: server) {
            return rewritten
        }
        let owner = learned.claim(uri, for: server.name)
        return owner == nil || owner == server.name ? uri : rewritten ?? uri
    }

    /// Whether this is a resource of a template that an earlier server has, too.
    private func hasRewrittenTemplate(for uri: String, of server: ServerConfiguration) -> Bool {
        resourceTemplates.contains { template in
            template.server == server.name && template.exposedURI != template.originalURI
                && URITemplateMatch.matches(template.originalURI, uri)
        }
    }
}
