import AsyncIO
import MCPProtocol

/// Finds the server a request is for. Knows neither eras nor transports.
package struct Router: Sendable {
    package let catalog: Catalog
    package let upstreams: [String: Upstream]
    package let configuration: GatewayConfiguration
    package let allCalls: CallGate

    package init(catalog: Catalog, upstreams: [String: Upstream], configuration: GatewayConfiguration) {
        self.catalog = catalog
        self.upstreams = upstreams
        self.configuration = configuration
        allCalls = CallGate(limit: configuration.limits.maxInFlight)
    }

    /// A `tools/call` on its way to its server.
    func call(_ params: CallToolParams, on loop: EventLoop) throws(JSONRPCError) -> CallRun {
        let snapshot = catalog.snapshot
        guard let tool = snapshot.tool(named: params.name), let upstream = upstreams[tool.server] else {
            throw unknownTool(params.name, in: snapshot)
        }
        return CallRun(tool: tool, params: params, upstream: upstream, allCalls: allCalls, loop: loop)
    }

    private func unknownTool(_ name: String, in snapshot: CatalogSnapshot) -> JSONRPCError {
        var data = JSONWriter()
        data.beginObject()
        data.key("tool")
        data.string(name)
        data.key("similar")
        data.beginArray()
        for similar in snapshot.namesLike(name) { data.string(similar) }
        data.endArray()
        let missing = catalog.unlistedServers
        if !missing.isEmpty {
            data.key("serversNotListed")
            data.beginArray()
            for server in missing { data.string(server) }
            data.endArray()
        }
        data.endObject()
        return JSONRPCError(
            code: ErrorCode.invalidParams, message: "Unknown tool: \(name)",
            data: RawJSON(unchecked: data.finish()[...]))
    }

    /// A page of a list, as a client of `revision` may see it.
    ///
    /// A first list waits a moment for servers that were never seen; later ones are answered at once.
    func list(
        _ kind: ListKind, params: RawJSON?, for revision: ProtocolRevision, on loop: EventLoop
    ) async throws(JSONRPCError) -> RawJSON {
        let cursor = params?.member("cursor")
        guard let cursor, !cursor.isNull else {
            if !catalog.isSettled { await catalog.waitUntilSettled(on: loop) }
            guard let page = catalog.snapshot.page(kind, at: 0, for: revision) else {
                throw .internalError("the list has no first page")
            }
            return page
        }
        guard let text = cursor.stringValue else { throw .invalidParams("params.cursor must be a string") }
        guard let page = catalog.page(kind, cursor: text, for: revision) else {
            throw .invalidParams("params.cursor is not one of ours, or has expired; start the list again")
        }
        return page
    }
}

extension JSONRPCError {
    static func invalidParams(_ message: String) -> JSONRPCError {
        JSONRPCError(code: ErrorCode.invalidParams, message: message)
    }

    static func internalError(_ message: String) -> JSONRPCError {
        JSONRPCError(code: ErrorCode.internalError, message: message)
    }
}
