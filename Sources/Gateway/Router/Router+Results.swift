import MCPProtocol

/// Results on their way to a client: URIs and task ids become the gateway's, content becomes what the revision has.
extension Router {
    /// Whether URIs in a server's results have to be looked at: with one server alone all URIs are its own.
    func translatesURIs(of server: String, for session: FrontSession) -> Bool {
        upstreams.count > 1
            && catalog.snapshot(for: session).server(named: server)?.hasCapability(["resources"]) == true
    }

    func adapt(_ result: RawJSON, of run: CallRun, for session: FrontSession) async -> RawJSON {
        var result = result
        let call = run.call
        if let carrier = call.carrier, case let server = await run.current.server,
            translatesURIs(of: server, for: session)
        {
            result = result.mappingURIs(in: carrier) { uri in
                let exposed = catalog.exposedURI(uri, of: server, for: session)
                return exposed == uri ? nil : exposed
            }
        }
        let source = await run.session?.connection.revision ?? .latestLegacy
        switch call.method {
        case "tools/call":
            if call.asksForTask, let id = result.taskIDs(in: .createResult).first, let upstream = await run.session {
                return session.register(result, taskID: id, in: upstream, of: call.server)
            }
            if call.runsAsTask { result = result.relatedTask(nil) }
            let own = result.toolResult(
                from: source, for: session.revision, structuredIsWrapped: call.structuredIsWrapped)
            guard call.asksForTask, session.revision.hasCoreTasks, source.isModern, let upstream = await run.session
            else { return own }
            return session.register(ended: own, in: upstream, of: call.server)
        case "tasks/result":
            return session.withOwnTaskID(result, from: await run.session)
                .toolResult(from: source, for: session.revision)
        case "tasks/get", "tasks/cancel": return session.noteTask(result, from: await run.session)
        case "prompts/get": return result.promptResult(from: source, for: session.revision)
        case "resources/read": return result.readResult(from: source, for: session.revision)
        default: return result.result(from: source, for: session.revision)
        }
    }

    /// An error of a server's as the client's era knows it, its URI as the client knows it.
    func adapt(_ original: JSONRPCError, of run: CallRun, for session: FrontSession) async -> JSONRPCError {
        let current = await run.current
        let source = await run.session?.connection.revision ?? .latestLegacy
        let error = original.converted(
            from: source, for: session.revision, server: current.server, reading: current.uris?.sent)
        guard run.call.method == "resources/read" || run.call.carrier != nil,
            let data = error.data, let uri = data.member("uri")?.stringValue
        else { return error }
        let exposed: String
        if let uris = current.uris, uri == uris.sent {
            // What the client asked for, however the server calls it: an error makes nothing known.
            exposed = uris.asked
        } else {
            exposed =
                translatesURIs(of: current.server, for: session)
                ? catalog.exposedURI(uri, of: current.server, for: session) : uri
        }
        guard exposed != uri else { return error }
        var adapted = error
        adapted.data = RawJSON(unchecked: data.replacingMembers([("uri", JSONWriter.quote(exposed))])[...])
        return adapted
    }
}
