import MCPProtocol

/// Tasks: which calls become one, and their results.
extension Router {
    /// Whether a call of a tool is to ask a server of 2025-11-25 for a task.
    func asksForTask(_ params: CallToolParams, _ support: TaskSupport, _ upstream: Upstream, _ caller: Caller) -> Bool {
        guard let session = caller.session else { return false }
        // A client of 2026-07-28 leaves it to the server, which in that revision could not decide. A session that ends with
        // the call would end the task with it.
        guard session.revision.isLegacy else {
            return caller.context.tasks == .extended && support != .forbidden
                && upstream.configuration.pool.share != .call
        }
        return params.task != nil && session.revision.hasCoreTasks
    }

    /// A tool's result with URIs as clients know them.
    func withClientURIs(_ result: RawJSON, of server: String, for session: FrontSession) -> RawJSON {
        guard translatesURIs(of: server, for: session) else { return result }
        return result.mappingURIs(in: .toolResult) { uri in
            let exposed = catalog.exposedURI(uri, of: server, for: session)
            return exposed == uri ? nil : exposed
        }
    }
}
