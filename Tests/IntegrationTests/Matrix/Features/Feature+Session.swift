import TestSupport

extension Feature {
    /// What belongs to the session as a whole.
    static let session = [
        Feature("initialize") { cell in
            let result = cell.client.initializeResult
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
            try cell.expect(result["capabilities"], means: .object(capabilities), "capabilities")
            let instructions = result["instructions"]?.string ?? ""
            try cell.expect(
                instructions.contains("# \(cell.server.name) ") && instructions.contains(cell.server.instructions),
                "instructions are \(instructions)")
        },
        Feature("the client as the server sees it") { cell in
            let facts = try await cell.json(of: "client_facts")
            try cell.expect(facts["protocolVersion"], means: .string(cell.back.rawValue), "the upstream revision")
            try cell.expect(facts["transport"], means: .string("\(cell.server.transport)"), "the upstream transport")
            try cell.expect(
                facts["capabilities"], means: AnswerBook.capabilities(of: cell.front), "what the gateway declares")
        },
        Feature("ping") { cell in
            try cell.expect(try await cell.result("ping"), means: [:], "the answer")
        },
        Feature("ping from the server") { cell in
            try cell.expect(try await cell.json(of: "ask_ping"), means: [:], "the answer")
        },
        Feature("batch", isAlone: true) { cell in
            let client = cell.client
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
            let place = client.inbox.value.refusals.count
            try await client.send(batch, ids: [], isRight: false)
            let refusal = try await client.inbox.wait(for: "refusal of a batch") { $0.refusals.dropFirst(place).first }
            try cell.expect(refusal["error"]?["code"], means: -32600, "the error's code")
        },
        Feature("logging above a level", isAlone: true, prepare: { try await $0.setLevel("warning") }) { cell in
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
        Feature("logging", isAlone: true, prepare: { try await $0.setLevel("debug") }) { cell in
            try cell.expect(try await cell.json(of: "log_level"), means: "debug", "the level the server knows")
            let place = cell.client.toldCount
            _ = try await cell.text(of: "test_tool_with_logging")
            let found = try await cell.client.told("log message", since: place, count: 3) { $0.isLog }
            let expected: [JSONTree] = ["started", "in progress", "almost done"].map {
                ["level": "info", "logger": "test", "data": .string("The tool has \($0)")]
            }
            try cell.expect(.array(found.compactMap { $0["params"] }), means: .array(expected), "what was logged")
        },
    ]
}

extension MatrixClient {
    fileprivate func setLevel(_ level: String) async throws {
        let answer = try await client.request("logging/setLevel", ["level": .string(level)])
        guard answer.result?.means([:]) == true else {
            throw Cell.Mismatch(description: "logging/setLevel got \(answer.response?.description ?? "nothing")")
        }
    }
}

extension JSONTree {
    fileprivate var isLog: Bool { self["method"] == "notifications/message" }
}
