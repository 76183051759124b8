import MCPProtocol

/// Requests for prompts and completions (MCP 2025-11-25, Prompts and Completion).
extension LegacySession {
    func getPrompt(_ request: JSONRPCRequest, _ revision: ProtocolRevision) -> Reception {
        func refuse(_ fact: String) -> Reception {
            .answer(Self.error(request.id, ErrorCode.invalidParams, fact))
        }
        guard let name = request.params?.member("name")?.stringValue else {
            return refuse("params.name must be a string")
        }
        guard let prompt = server.prompts.prompt(named: name, for: revision) else {
            return refuse("prompt \"\(name)\" is unknown")
        }
        var arguments: [String: String] = [:]
        for (name, value) in request.params?.member("arguments")?.members ?? [] {
            guard let value = value.stringValue else { return refuse("params.arguments.\(name) must be a string") }
            arguments[name] = value
        }
        if let missing = prompt.arguments.first(where: { $0.isRequired && arguments[$0.name] == nil }) {
            return refuse("argument \"\(missing.name)\" is missing")
        }
        return .answer(
            Self.response(
                request.id,
                ["description": .string(prompt.description), "messages": .array(prompt.messages(arguments))]))
    }

    func complete(_ request: JSONRPCRequest, _ revision: ProtocolRevision) -> Reception {
        func refuse(_ fact: String) -> Reception {
            .answer(Self.error(request.id, ErrorCode.invalidParams, fact))
        }
        guard let params = request.params, let argument = params["argument", "name"]?.stringValue,
            let prefix = params["argument", "value"]?.stringValue
        else { return refuse("params.argument must have a name and a value that are strings") }
        let values: [String]
        switch params["ref", "type"]?.stringValue {
        case "ref/prompt":
            let name = params["ref", "name"]?.stringValue ?? ""
            guard server.prompts.prompt(named: name, for: revision) != nil else {
                return refuse("prompt \"\(name)\" is unknown")
            }
            values = Completion.values(
                ofPrompt: name, argument: argument, prefix: prefix,
                known: revision.hasCompletionContext ? params["context", "arguments"] : nil)
        case "ref/resource":
            let uri = params["ref", "uri"]?.stringValue ?? ""
            guard uri == ResourceCatalogue.template || server.resources.exists(uri, for: revision) else {
                return refuse("resource template \"\(uri)\" is unknown")
            }
            values =
                uri == ResourceCatalogue.template && argument == "id" ? Completion.templateIDs(prefix: prefix) : []
        default: return refuse("params.ref.type must be ref/prompt or ref/resource")
        }
        return .answer(Self.response(request.id, Completion.result(values)))
    }
}
