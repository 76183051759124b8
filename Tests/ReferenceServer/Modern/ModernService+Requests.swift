import MCPProtocol

/// Discovery, lists, resources, prompts and completion.
extension ModernService {
    func discover(_ exchange: ModernExchange) -> Reception {
        var result: JSONObject = [
            "supportedVersions": .array(server.supportedVersions.map(JSONValue.string)),
            "capabilities": [
                "tools": ["listChanged": true], "resources": ["subscribe": true, "listChanged": true],
                "prompts": ["listChanged": true], "completions": [:], "logging": [:],
                "extensions": .object([Self.appsExtension: [:], ModernTask.extensionName: [:]]),
            ],
        ]
        if let instructions = server.options.instructions { result["instructions"] = .string(instructions) }
        let answer = complete(exchange.id, .object(result), listCaching)
        let delay = server.options.startDelay
        guard delay > .zero else { return .answer(answer) }
        return start(exchange) { () async throws(ToolFailure) in
            try await LegacySession.sleep(for: delay)
            return answer
        }
    }

    /// Tools with views (MCP Apps, 2026-01-26).
    private static let appsExtension = "io.modelcontextprotocol/ui"

    func list(_ kind: ListKind, _ exchange: ModernExchange) throws(ModernRefusal) -> Reception {
        if server.options.refusedLists.contains(kind) { throw .internalError("\(kind.method) is refused as asked") }
        let cursor = exchange.params?.member("cursor")
        if let cursor, cursor.kind != .string { throw .invalidParams("params.cursor must be a string") }
        let page: [UInt8]
        do {
            page = try self.page(of: kind, at: cursor?.stringValue)
        } catch {
            throw .invalidParams("params.cursor is not one of this server")
        }
        let answer = complete(exchange.id, page, listCaching)
        let delay = server.options.listDelay
        guard kind == .tools, delay > .zero else { return .answer(answer) }
        return start(exchange) { () async throws(ToolFailure) in
            try await LegacySession.sleep(for: delay)
            return answer
        }
    }

    private func page(of kind: ListKind, at cursor: String?) throws(PageCutter.UnknownCursor) -> [UInt8] {
        switch kind {
        case .tools: try server.catalogue.page(at: cursor, for: Self.revision)
        case .resources: try server.resources.page(at: cursor, for: Self.revision)
        case .resourceTemplates: try server.resources.templatePage(at: cursor, for: Self.revision)
        case .prompts: try server.prompts.page(at: cursor, for: Self.revision)
        }
    }

    func readResource(_ exchange: ModernExchange) throws(ModernRefusal) -> OutgoingMessage {
        guard let uri = exchange.params?.member("uri")?.stringValue else {
            throw .invalidParams("params.uri must be a string")
        }
        guard let contents = server.resources.contents(of: uri, for: Self.revision) else {
            throw .invalidParams("resource \"\(uri)\" is unknown", data: ["uri": .string(uri)])
        }
        let trips = try roundTrips(exchange)
        do throws(ToolFailure) {
            var item = contents.objectValue ?? [:]
            if let question = server.resources.question(before: uri) {
                let answer = try trips.answers(to: [question])
                item["text"] = .string(answer.map(\.text).joined())
            }
            // A read is stale at once: some resources change with every update.
            return complete(
                exchange.id, ["contents": [.object(item)]], Caching(milliseconds: 0, isPublic: false))
        } catch {
            return try answered(exchange, error, trips)
        }
    }

    func getPrompt(_ exchange: ModernExchange) throws(ModernRefusal) -> OutgoingMessage {
        guard let name = exchange.params?.member("name")?.stringValue else {
            throw .invalidParams("params.name must be a string")
        }
        guard let prompt = server.prompts.prompt(named: name, for: Self.revision) else {
            throw .invalidParams("prompt \"\(name)\" is unknown")
        }
        let given = exchange.params?.member("arguments")
        if let given, given.kind != .object { throw .invalidParams("params.arguments must be an object") }
        var arguments: [String: String] = [:]
        for (name, value) in given?.members ?? [] {
            guard let text = value.stringValue else {
                throw .invalidParams("params.arguments.\(name) must be a string")
            }
            arguments[name] = text
        }
        for argument in prompt.arguments where argument.isRequired && arguments[argument.name] == nil {
            throw .invalidParams("argument \"\(argument.name)\" is missing")
        }
        let trips = try roundTrips(exchange)
        do throws(ToolFailure) {
            if let question = prompt.question {
                for answer in try trips.answers(to: [question]) {
                    for (name, value) in answer.member("content")?.members ?? [] {
                        arguments[name] = value.stringValue ?? value.text
                    }
                }
            }
            return complete(
                exchange.id,
                ["description": .string(prompt.description), "messages": .array(prompt.messages(arguments))])
        } catch {
            return try answered(exchange, error, trips)
        }
    }

    func complete(_ exchange: ModernExchange) throws(ModernRefusal) -> OutgoingMessage {
        let params = exchange.params
        guard let argument = params?["argument", "name"]?.stringValue,
            let prefix = params?["argument", "value"]?.stringValue
        else { throw .invalidParams("params.argument must have a name and a value that are strings") }
        let values: [String]
        switch params?["ref", "type"]?.stringValue {
        case "ref/prompt":
            let name = params?["ref", "name"]?.stringValue ?? ""
            guard server.prompts.prompt(named: name, for: Self.revision) != nil else {
                throw .invalidParams("prompt \"\(name)\" is unknown")
            }
            values = Completion.values(
                ofPrompt: name, argument: argument, prefix: prefix, known: params?["context", "arguments"])
        case "ref/resource":
            let uri = params?["ref", "uri"]?.stringValue ?? ""
            let isTemplate = uri == ResourceCatalogue.template
            guard isTemplate || server.resources.exists(uri, for: Self.revision) else {
                throw .invalidParams("resource template \"\(uri)\" is unknown")
            }
            values = isTemplate && argument == "id" ? Completion.templateIDs(prefix: prefix) : []
        default: throw .invalidParams("params.ref.type must be ref/prompt or ref/resource")
        }
        return complete(exchange.id, Completion.result(values))
    }

    // MARK: Questions

    func roundTrips(_ exchange: ModernExchange) throws(ModernRefusal) -> RoundTrips {
        try RoundTrips(exchange, key: server.stateKey, asksUndeclared: server.options.asksUndeclared)
    }

    private func answered(
        _ exchange: ModernExchange, _ failure: ToolFailure, _ trips: RoundTrips
    ) throws(ModernRefusal) -> OutgoingMessage {
        guard let answer = answer(exchange, failure, asked: trips) else {
            throw .internalError("nothing was there to be cancelled")
        }
        return answer
    }
}
