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
                return try cell.expectCannotAsk(
                    try await cell.call("sampling_with_tools", arguments), "sampling with tools", .samplingTools)
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
                "name": "John Doe", "age": 30, "score": 95, "status": "active", "verified": true,
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
        Feature("one question after the other") { cell in
            let tag = cell.tag("one after the other")
            let arguments: JSONTree = ["tag": .string(tag)]
            guard try await cell.canBeAsked("ask_twice", arguments) else { return }
            let answer: JSONTree = ["action": "accept", "content": ["name": "answer"]]
            try cell.expect(
                try await cell.json(of: "ask_twice", arguments), means: [answer, answer], "what the server got")
            for index in 0..<2 {
                try cell.expectAsked("elicitation/create", times: 1) {
                    $0["message"]?.string == "[\(cell.server.name)] \(tag) \(index)"
                }
            }
        },
        Feature("coming back without a question") { cell in
            try cell.expect(try await cell.text(of: "come_back"), is: "back after 2 rounds", "the tool's text")
        },
        Feature("questions of other kinds at once") { cell in
            let tool = "test_input_required_result_multiple_inputs"
            guard try await cell.canBeAsked(tool) else { return }
            try cell.expect(
                try await cell.text(of: tool),
                is: "Hello, answer! \(AnswerBook.words(for: "Greet somebody.")) Roots: file:///matrix",
                "the tool's text")
        },
        Feature("a prompt and a resource that ask") { cell in
            let name: JSONTree = .string(cell.server.exposed(name: "test_input_required_result_prompt"))
            let uri: JSONTree = .string(cell.server.exposed(uri: "test://input-required"))
            let prompt = try await cell.client.request("prompts/get", ["name": name])
            let read = try await cell.client.request("resources/read", ["uri": uri])
            guard cell.back.isModern else {
                cell.meets(.requestsThatAsk)
                try cell.expectError(prompt, code: -32602)
                return try cell.expectError(read, code: cell.front.isModern ? -32602 : -32002)
            }
            guard cell.front >= .v2025_06_18 else {
                cell.meets(.elicitation)
                for answer in [prompt, read] { try cell.expectError(answer, code: -32603) }
                return
            }
            let words = prompt.result?["messages"]?[0]?["content"]?["text"]
            try cell.expect(words, means: "Prompt with context: answer", "the prompt")
            let text = read.result?["contents"]?[0]?["text"]?.string ?? ""
            try cell.expect(text.contains(#""name":"answer""#), "the resource got \(read)")
        },
        Feature("changes of roots", isAlone: true) { cell in
            let method = "notifications/roots/list_changed"
            // Roots are asked for anew in every call where there is no session on one side.
            guard !cell.back.isModern, let client = cell.client as? LegacyClient else {
                return cell.meets(.rootChanges)
            }
            let before = try await cell.json(of: "statistics")[method]?.int ?? 0
            try await client.notify(method)
            try await cell.wait(for: "one more \(method)", "statistics") { $0[method]?.int == before + 1 }
        },
    ]

    /// Sending the user to a URL, from 2025-11-25.
    static let urls = [
        Feature("elicitation by URL") { cell in
            let url = "https://example.com/\(cell.server.name)"
            let arguments: JSONTree = ["url": .string(url)]
            guard cell.back >= .v2025_11_25 else { return try await cell.expectUnknown("ask_url", arguments) }
            guard cell.front >= .v2025_11_25 else {
                return try cell.expectCannotAsk(
                    try await cell.call("ask_url", arguments), "elicitation by URL", .urlElicitation)
            }
            let place = cell.client.toldCount
            let answer = try cell.response(
                in: try await cell.text(of: "ask_url", arguments), behind: "User response: ")
            try cell.expect(answer["action"], means: "accept", "what the server got")
            let asked = cell.client.asked { $0["params"]?["url"]?.string == url }
            try cell.expect(asked.count == 1 && asked[0]["params"]?["mode"] == "url", "asked was \(asked)")
            guard !cell.front.isModern else {
                let id = asked[0]["params"]?["elicitationId"]
                return try cell.expect(id == nil, "there is an elicitationId, which this revision has not: \(asked)")
            }
            let id = try cell.require(asked[0]["params"]?["elicitationId"], "there is no elicitationId")
            _ = try await cell.client.told("elicitation/complete of \(id)", since: place) {
                $0["method"] == "notifications/elicitation/complete" && $0["params"]?["elicitationId"] == id
            }
        },
        Feature("the error that wants a URL visited") { cell in
            // Each client's own: the server counts the visits of a URL.
            let url = "https://example.com/required/\(cell.server.name)/\(cell.matrix.kind.name)"
            let arguments: JSONTree = ["url": .string(url), "once": true]
            guard cell.back == .v2025_11_25 else { return try await cell.expectUnknown("url_required", arguments) }
            let answer = try await cell.call("url_required", arguments)
            if cell.front.isModern {
                // It is asked as a question, and the call made again.
                try cell.expect(answer.text ?? "", is: "visited \(url)", "the tool's text")
                let asked = cell.client.asked { $0["params"]?["url"]?.string == url }
                return try cell.expect(asked.count == 1 && asked[0]["params"]?["mode"] == "url", "asked was \(asked)")
            }
            if cell.front >= .v2025_11_25 {
                try cell.expectError(answer, code: -32042)
                let elicitation = answer.error?["data"]?["elicitations"]?[0]
                try cell.expect(elicitation?["url"], means: .string(url), "the URL")
                try cell.expect(elicitation?["mode"], means: "url", "the mode")
            } else {
                cell.meets(.urlElicitation)
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
        try expectCannotAsk(try await call(tool, arguments), "elicitation", .elicitation)
        return false
    }

    /// A tool says itself whom it cannot ask. A server of 2026-07-28 refuses the call, naming what the client would have to
    /// declare, which a client with a session is told in words.
    func expectCannotAsk(_ answer: ClientAnswer, _ what: String, _ limit: Limit) throws {
        meets(limit)
        guard back.isModern else { return try expectToolError(answer, "client does not support \(what)") }
        try expect(answer.result?["isError"] == true, "got \(answer)")
        let words = answer.text ?? ""
        let capability = what.split(separator: " ").first.map(String.init) ?? what
        try expect(words.contains(capability), "the user is not told what is missing: \(words)")
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
