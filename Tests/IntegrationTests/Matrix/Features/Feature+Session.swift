import TestSupport

extension Feature {
    /// What belongs to the session as a whole.
    static let session = [
        Feature("initialize") { cell in
            guard let client = cell.client as? LegacyClient else { return }
            let result = client.initializeResult
            try cell.expect(result["serverInfo"]?["name"], means: "mcp-gateway", "serverInfo.name")
            var capabilities: [JSONTree.Member] = [
                .init("tools", ["listChanged": true]), .init("resources", ["subscribe": true, "listChanged": true]),
                .init("prompts", ["listChanged": true]), .init("logging", [:]),
            ]
            if cell.front >= .v2025_03_26 { capabilities.append(.init("completions", [:])) }
            if cell.front >= .v2025_11_25 {
                capabilities.append(
                    .init("tasks", ["list": [:], "cancel": [:], "requests": ["tools": ["call": [:]]]]))
            }
            // Extensions are not in the older schemas, but used with them.
            let found = (result["capabilities"]?.members ?? []).filter { $0.name != "extensions" }
            try cell.expect(.object(found), means: .object(capabilities), "capabilities")
            let instructions = result["instructions"]?.string ?? ""
            try cell.expect(
                instructions.contains("# \(cell.server.name) ") && instructions.contains(cell.server.instructions),
                "instructions are \(instructions)")
        },
        Feature("server/discover") { cell in
            guard cell.front.isModern else {
                let answer = try await cell.client.request("ping")
                return try cell.expect(answer.result, means: [:], "the answer")
            }
            let result = try await cell.result("server/discover")
            let name = result["_meta"]?["io.modelcontextprotocol/serverInfo"]?["name"]
            try cell.expect(name, means: "mcp-gateway", "the name")
            let versions = Revision.allCases.reversed().map { JSONTree.string($0.rawValue) }
            try cell.expect(result["supportedVersions"], means: .array(versions), "the versions")
            let capabilities: JSONTree = [
                "tools": ["listChanged": true], "resources": ["subscribe": true, "listChanged": true],
                "prompts": ["listChanged": true], "logging": [:], "completions": [:],
            ]
            for member in capabilities.members ?? [] {
                try cell.expect(result["capabilities"]?[member.name], means: member.value, member.name)
            }
            let instructions = result["instructions"]?.string ?? ""
            try cell.expect(
                instructions.contains("# \(cell.server.name) ") && instructions.contains(cell.server.instructions),
                "instructions are \(instructions)")
        },
        Feature("the client as the server sees it") { cell in
            let facts = try await cell.json(of: "client_facts")
            try cell.expect(facts["protocolVersion"], means: .string(cell.back.rawValue), "the upstream revision")
            try cell.expect(facts["transport"], means: .string("\(cell.server.transport)"), "the upstream transport")
            let declared = facts["capabilities"].map(cell.inEitherEra)
            let own = cell.inEitherEra(AnswerBook.capabilities(of: cell.front))
            try cell.expect(declared, means: own, "what the gateway declares")
        },
        Feature("ping") { cell in
            guard !cell.front.isModern else {
                cell.meets(.pings)
                return try cell.expectError(try await cell.client.request("ping"), code: -32601)
            }
            try cell.expect(try await cell.result("ping"), means: [:], "the answer")
        },
        Feature("ping from the server") { cell in
            // Asks nothing that is not an answer to somebody.
            guard !cell.back.isModern else {
                cell.meets(.pings)
                return try cell.expectToolError(try await cell.call("ask_ping"), "client does not support ping")
            }
            try cell.expect(try await cell.json(of: "ask_ping"), means: [:], "the answer")
        },
        Feature("batch", isAlone: true) { cell in
            guard let client = cell.client as? LegacyClient else { return cell.meets(.batches) }
            let ids = [client.makeID(), client.makeID()]
            let batch: JSONTree = [
                LegacyClient.message("ping", nil, id: ids[0]),
                LegacyClient.message("tools/call", cell.callParams("test_simple_text"), id: ids[1]),
            ]
            if cell.front == .v2025_03_26 {
                try await client.send(batch, ids: ids)
                try cell.expect(try await client.answer(to: ids[0]).result, means: [:], "the answer to ping")
                let text = try await client.answer(to: ids[1]).result?["content"]?[0]?["text"]
                try cell.expect(text, means: "This is a simple text response for testing.", "the tool's text")
                return
            }
            cell.meets(.batches)
            let place = client.inbox.value.refusals.count
            try await client.send(batch, ids: [], isRight: false)
            let refusal = try await client.inbox.wait(for: "refusal of a batch") { $0.refusals.dropFirst(place).first }
            try cell.expect(refusal["error"]?["code"], means: -32600, "the error's code")
        },
        Feature("logging above a level", isAlone: true, prepare: { try await $0.client.setLogLevel("warning") }) {
            cell in
            try cell.expect(try await cell.json(of: "log_level"), means: "warning", "the level the server knows")
            let place = cell.client.toldCount
            _ = try await cell.text(of: "log", ["count": 2, "level": "info"])
            _ = try await cell.text(of: "log", ["count": 2, "level": "error"])
            let found = try await cell.client.told("log message", since: place, count: 2) { $0.isLog }
            let expected: [JSONTree] = [1, 2].map {
                ["level": "error", "logger": "log", "data": .string("message \($0) of 2")]
            }
            try cell.expect(.array(found.compactMap { $0["params"] }), means: .array(expected), "what was logged")
        },
        Feature("logging", isAlone: true, prepare: { try await $0.client.setLogLevel("debug") }) { cell in
            try cell.expect(try await cell.json(of: "log_level"), means: "debug", "the level the server knows")
            let place = cell.client.toldCount
            _ = try await cell.text(of: "log", ["count": 3, "level": "debug"])
            let found = try await cell.client.told("log message", since: place, count: 3) { $0.isLog }
            let expected: [JSONTree] = [1, 2, 3].map {
                ["level": "debug", "logger": "log", "data": .string("message \($0) of 3")]
            }
            try cell.expect(.array(found.compactMap { $0["params"] }), means: .array(expected), "what was logged")
        },
    ]
}

extension Cell {
    /// A client's capabilities without what only one era has, where they cross from one to the other: changes of roots.
    fileprivate func inEitherEra(_ capabilities: JSONTree) -> JSONTree {
        guard front.isModern != back.isModern else { return capabilities }
        return .object((capabilities.members ?? []).map { $0.name == "roots" ? .init("roots", [:]) : $0 })
    }
}

extension JSONTree {
    fileprivate var isLog: Bool { self["method"] == "notifications/message" }
}
