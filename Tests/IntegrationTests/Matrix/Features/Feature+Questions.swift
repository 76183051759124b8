import TestSupport

extension Feature {
    /// What servers ask their clients in the course of a call.
    static let questions = [
        Feature("sampling") { cell in
            let prompt = cell.tag("sampling")
            let text = try await cell.text(of: "test_sampling", ["prompt": .string(prompt)])
            try cell.expect(text, is: "LLM response: \(AnswerBook.words(for: prompt))", "the tool's text")
            try cell.expectAsked("sampling/createMessage", times: 1) {
                $0["messages"]?[0]?["content"]?["text"]?.string == prompt
            }
        },
        Feature("sampling with tools") { cell in
            let prompt = cell.tag("sampling with tools")
            let arguments: JSONTree = ["prompt": .string(prompt)]
            guard cell.back >= .v2025_11_25 else {
                return try await cell.expectUnknown("sampling_with_tools", arguments)
            }
            guard cell.front >= .v2025_11_25 else {
                return try cell.expectToolError(
                    try await cell.call("sampling_with_tools", arguments),
                    "client does not support sampling with tools")
            }
            let result = try cell.response(
                in: try await cell.text(of: "sampling_with_tools", arguments), behind: "LLM response: ")
            try cell.expect(result["content"], means: [AnswerBook.toolUse], "the content the server got")
            try cell.expect(result["stopReason"], means: "toolUse", "the stopReason the server got")
            try cell.expectAsked("sampling/createMessage", times: 1) { params in
                params["messages"]?[0]?["content"]?["text"]?.string == prompt
                    && params["tools"]?[0]?["name"] == "weather" && params["toolChoice"]?["mode"] == "auto"
            }
        },
        Feature("elicitation") { cell in
            let message = cell.tag("elicitation")
            let arguments: JSONTree = ["message": .string(message)]
            guard try await cell.canBeAsked("test_elicitation", arguments) else { return }
            let answer = try cell.response(
                in: try await cell.text(of: "test_elicitation", arguments), behind: "User response: ")
            try cell.expect(
                answer, means: ["action": "accept", "content": ["username": "answer", "email": "a@example.com"]],
                "what the server got")
            // Behind a gateway the user has to be told who asks.
            try cell.expectAsked("elicitation/create", times: 1) {
                $0["message"]?.string == "[\(cell.server.name)] \(message)"
            }
        },
        Feature("elicitation with defaults") { cell in
            let tool = "test_elicitation_sep1034_defaults"
            guard cell.back >= .v2025_11_25 else { return try await cell.expectUnknown(tool) }
            guard try await cell.canBeAsked(tool) else { return }
            let answer = try cell.response(
                in: try await cell.text(of: tool), behind: "Elicitation completed: ")
            let content: JSONTree = [
                "name": "John Doe", "age": 30, "score": .number("95.5"), "status": "active", "verified": true,
            ]
            try cell.expect(answer, means: ["action": "accept", "content": content], "what the server got")
        },
        Feature("elicitation with choices") { cell in
            let tool = "test_elicitation_sep1330_enums"
            guard cell.back >= .v2025_11_25 else { return try await cell.expectUnknown(tool) }
            guard try await cell.canBeAsked(tool) else { return }
            let answer = try cell.response(
                in: try await cell.text(of: tool), behind: "Elicitation completed: ")
            let content: JSONTree = [
                "untitledSingle": "option3", "titledSingle": "value3", "legacyEnum": "opt3",
                "untitledMulti": ["option1", "option2", "option3"], "titledMulti": ["value1", "value2", "value3"],
            ]
            try cell.expect(answer, means: ["action": "accept", "content": content], "what the server got")
        },
        Feature("roots") { cell in
            try cell.expect(try await cell.json(of: "ask_roots"), means: AnswerBook.roots, "what the server got")
        },
        Feature("several questions at once") { cell in
            let tag = cell.tag("several questions")
            let arguments: JSONTree = ["count": 3, "tag": .string(tag)]
            guard try await cell.canBeAsked("ask_many", arguments) else { return }
            let answer: JSONTree = ["action": "accept", "content": ["name": "answer"]]
            try cell.expect(
                try await cell.json(of: "ask_many", arguments), means: [answer, answer, answer],
                "what the server got")
            for index in 0..<3 {
                try cell.expectAsked("elicitation/create", times: 1) {
                    $0["message"]?.string == "[\(cell.server.name)] \(tag) \(index)"
                }
            }
        },
        Feature("different questions at once") { cell in
            guard try await cell.canBeAsked("multi_input") else { return }
            let name: JSONTree = ["action": "accept", "content": ["name": "answer"]]
            let confirmation: JSONTree = ["action": "accept", "content": ["confirm": true]]
            try cell.expect(
                try await cell.json(of: "multi_input"), means: [name, confirmation], "what the server got")
        },
        Feature("changes of roots", isAlone: true) { cell in
            let method = "notifications/roots/list_changed"
            let before = try await cell.json(of: "statistics")[method]?.int ?? 0
            try await cell.client.notify(method)
            try await cell.wait(for: "one more \(method)", "statistics") { $0[method]?.int == before + 1 }
        },
    ]

    /// Sending the user to a URL, which only 2025-11-25 has.
    static let urls = [
        Feature("elicitation by URL") { cell in
            let url = "https://example.com/\(cell.server.name)"
            let arguments: JSONTree = ["url": .string(url)]
            guard cell.back >= .v2025_11_25 else { return try await cell.expectUnknown("ask_url", arguments) }
            guard cell.front >= .v2025_11_25 else {
                return try cell.expectToolError(
                    try await cell.call("ask_url", arguments), "client does not support elicitation by URL")
            }
            let place = cell.client.toldCount
            let answer = try cell.response(
                in: try await cell.text(of: "ask_url", arguments), behind: "User response: ")
            try cell.expect(answer["action"], means: "accept", "what the server got")
            let asked = cell.client.asked { $0["params"]?["url"]?.string == url }
            try cell.expect(asked.count == 1 && asked[0]["params"]?["mode"] == "url", "asked was \(asked)")
            let id = try cell.require(asked[0]["params"]?["elicitationId"], "there is no elicitationId")
            _ = try await cell.client.told("elicitation/complete of \(id)", since: place) {
                $0["method"] == "notifications/elicitation/complete" && $0["params"]?["elicitationId"] == id
            }
        },
        Feature("the error that wants a URL visited") { cell in
            let url = "https://example.com/required/\(cell.server.name)"
            let arguments: JSONTree = ["url": .string(url)]
            guard cell.back >= .v2025_11_25 else { return try await cell.expectUnknown("url_required", arguments) }
            let answer = try await cell.call("url_required", arguments)
            if cell.front >= .v2025_11_25 {
                try cell.expectError(answer, code: -32042)
                let elicitation = answer.error?["data"]?["elicitations"]?[0]
                try cell.expect(elicitation?["url"], means: .string(url), "the URL")
                try cell.expect(elicitation?["mode"], means: "url", "the mode")
            } else {
                try cell.expect(answer.result?["isError"] == true, "got \(answer)")
                let text = answer.result?["content"]?[0]?["text"]?.string ?? ""
                try cell.expect(text.contains(url), "the user is not told the URL: \(text)")
            }
        },
    ]
}

extension Cell {
    /// Whether the server can ask the client with a form. If not, the tool has to say so.
    fileprivate func canBeAsked(_ tool: String, _ arguments: JSONTree = [:]) async throws -> Bool {
        if common >= .v2025_06_18 { return true }
        try expectToolError(try await call(tool, arguments), "client does not support elicitation")
        return false
    }

    /// What stands in a tool's text behind its opening.
    fileprivate func response(in text: String, behind opening: String) throws -> JSONTree {
        try expect(text.hasPrefix(opening), "the text is \(text)")
        return try JSONTree(parsing: Array(text.dropFirst(opening.count).utf8))
    }

    fileprivate func expectAsked(_ method: String, times count: Int, where match: (JSONTree) -> Bool) throws {
        let asked = client.asked { $0["method"]?.string == method && match($0["params"] ?? [:]) }
        try expect(asked.count == count, "\(method) was asked \(asked.count) times, not \(count): \(asked)")
    }
}
