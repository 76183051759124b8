import MCPProtocol

/// Results on their way to a client: URIs and task ids become the gateway's, content becomes what the revision has.
extension Router {
    /// Whether URIs in a server's results have to be looked at: with one server alone all URIs are its own.
    func translatesURIs(of server: String, for session: FrontSession) -> Bool {
        upstreams.count > 1
            && catalog.snapshot(for: session).server(named: server)?.hasCapability(["resources"]) == true
    }

    func adapt(_ result: RawJSON, of call: ClientCall, _ facts: RunFacts, for session: FrontSession) -> RawJSON {
        var result = result
        if let carrier = call.carrier, translatesURIs(of: facts.server, for: session) {
            result = result.mappingURIs(in: carrier) { uri in
                let exposed = catalog.exposedURI(uri, of: facts.server, for: session)
                return exposed == uri ? nil : exposed
            }
        }
        let source = facts.revision
        switch call.method {
        case "tools/call":
            if call.asksForTask, let id = result.taskIDs(in: .createResult).first, let upstream = facts.session {
                return session.register(result, taskID: id, in: upstream, of: call.server)
            }
            if call.runsAsTask { result = result.relatedTask(nil) }
            let own = result.toolResult(
                from: source, for: session.revision, structuredIsWrapped: call.structuredIsWrapped)
            guard call.asksForTask, session.revision.hasCoreTasks, source.isModern, let upstream = facts.session
            else { return own }
            return session.register(ended: own, in: upstream, of: call.server)
        case "tasks/result":
            return session.withOwnTaskID(result, from: facts.session)
                .toolResult(from: source, for: session.revision)
        case "tasks/get", "tasks/cancel": return session.noteTask(result, from: facts.session)
        case "prompts/get": return result.promptResult(from: source, for: session.revision)
        case "resources/read": return result.readResult(from: source, for: session.revision)
        default: return result.result(from: source, for: session.revision)
        }
    }

    /// An error of a server's as the client's era knows it, its URI as the client knows it.
    func adapt(
        _ original: JSONRPCError, of call: ClientCall, _ facts: RunFacts, for session: FrontSession
    ) -> JSONRPCError {
        let error = original.converted(
            from: facts.revision, for: session.revision, server: facts.server, reading: facts.uris?.sent)
        guard call.method == "resources/read" || call.carrier != nil,
            let data = error.data, let uri = data.member("uri")?.stringValue
        else { return error }
        let exposed: String
        if let uris = facts.uris, uri == uris.sent {
            // What the client asked for, however the server calls it: an error makes nothing known.
            exposed = uris.asked
        } else {
            exposed =
                translatesURIs(of: facts.server, for: session)
                ? catalog.exposedURI(uri, of: facts.server, for: session) : uri
        }
        guard exposed != uri else { return error }
        var adapted = error
        adapted.data = RawJSON(unchecked: data.replacingMembers([("uri", JSONWriter.quote(exposed))])[...])
        return adapted
    }
}
