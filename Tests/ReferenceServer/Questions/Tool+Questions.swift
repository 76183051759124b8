import MCPProtocol

extension Tool {
    /// Tools that ask the client before they answer.
    static let questions: [Tool] = samplingTools + formTools + urlTools + otherQuestions

    private static let samplingTools = [
        asking(
            "test_sampling", "Asks for a completion of the prompt and answers it.",
            arguments: ["prompt": #"{"type":"string"}"#], required: ["prompt"]
        ) { (call, timeout) async throws(ToolFailure) in
            let prompt = try call.arguments.string("prompt")
            let answer = try await call.client.ask(.sampling(prompt), timeout: timeout)
            return ToolResult(text: "LLM response: \(sampledText(answer))")
        },
        asking(
            "sampling_with_tools", "Asks for a completion that may use a tool and answers the result as JSON.",
            arguments: ["prompt": #"{"type":"string","default":"What is the weather?"}"#], since: .v2025_11_25
        ) { (call, timeout) async throws(ToolFailure) in
            let prompt = try call.arguments.string("prompt", default: "What is the weather?")
            let answer = try await call.client.ask(.samplingWithTools(prompt), timeout: timeout)
            return ToolResult(text: "LLM response: \(answer.text)")
        },
    ]

    private static let formTools = [
        asking(
            "test_elicitation", "Asks the user for a name and an address and answers what came back.",
            arguments: ["message": #"{"type":"string"}"#], required: ["message"]
        ) { (call, timeout) async throws(ToolFailure) in
            let message = try call.arguments.string("message")
            return userResponse(try await call.client.ask(Forms.user(message), timeout: timeout))
        },
        asking("ask_and_hang", "Asks for a name, and never answers. Stops in silence when it is cancelled.") {
            (call, timeout) async throws(ToolFailure) in
            _ = try await call.client.ask(Forms.name("ask_and_hang"), timeout: timeout)
            while true { try await call.sleep(for: .seconds(3600)) }
        },
        asking(
            "test_elicitation_sep1034_defaults", "Asks with a form whose fields have defaults.", since: .v2025_11_25
        ) { (call, timeout) async throws(ToolFailure) in
            let answer = try await call.client.ask(Forms.defaults, timeout: timeout)
            return ToolResult(text: "Elicitation completed: \(answer.text)")
        },
        asking(
            "test_elicitation_sep1330_enums", "Asks with a form of every kind of choice.", since: .v2025_11_25
        ) { (call, timeout) async throws(ToolFailure) in
            let answer = try await call.client.ask(Forms.choices, timeout: timeout)
            return ToolResult(text: "Elicitation completed: \(answer.text)")
        },
        asking(
            "ask_many", "Asks that many questions at once and answers a JSON array of the answers.",
            arguments: [
                "count": #"{"type":"integer","minimum":1,"maximum":1000}"#, "tag": #"{"type":"string"}"#,
            ], required: ["count", "tag"]
        ) { (call, timeout) async throws(ToolFailure) in
            let count = try call.arguments.integer("count", in: 1...1000)
            let tag = try call.arguments.string("tag")
            let questions = (0..<count).map { Forms.name("\(tag) \($0)") }
            let answers = try await call.client.ask(questions, timeout: timeout)
            return ToolResult(json: .array(answers.map { JSONValue($0) }))
        },
        asking(
            "ask_twice", "Asks two questions, one after the other, and answers a JSON array of the answers.",
            arguments: ["tag": #"{"type":"string"}"#], required: ["tag"]
        ) { (call, timeout) async throws(ToolFailure) in
            let tag = try call.arguments.string("tag")
            let first = try await call.client.ask(Forms.name("\(tag) 0"), timeout: timeout)
            let second = try await call.client.ask(Forms.name("\(tag) 1"), timeout: timeout)
            return ToolResult(json: [JSONValue(first), JSONValue(second)])
        },
    ]

    private static let urlTools = [
        asking(
            "ask_url", "Asks the user to visit a URL, says that this is done, and answers what came back.",
            arguments: ["url": #"{"type":"string"}"#], required: ["url"], since: .v2025_11_25
        ) { (call, timeout) async throws(ToolFailure) in
            let url = try call.arguments.string("url")
            let id = "elicitation-\(call.server.makeNumber())"
            let answer = try await call.client.ask(
                .url("Please visit this page.", url: url, id: id), timeout: timeout)
            if answer.member("action")?.isString("accept") == true {
                await call.client.notify("notifications/elicitation/complete", ["elicitationId": .string(id)])
            }
            return userResponse(answer)
        },
        Tool(
            name: "url_required", description: "Answers the error that says a URL has to be visited first.",
            inputSchema: schema(
                [
                    "url": #"{"type":"string"}"#,
                    "once":
                        #"{"type":"boolean","default":false,"description":"Says after 50 ms that this is done, and answers when called again."}"#,
                ], required: ["url"]), since: .v2025_11_25, until: .latestLegacy,
            body: .immediate { (call) throws(ToolFailure) in
                let url = try call.arguments.string("url")
                let isOnce = try call.arguments.bool("once", default: false)
                if isOnce, call.server.hasSentUser(to: url) { return ToolResult(text: "visited \(url)") }
                let id = "elicitation-\(call.server.makeNumber())"
                if isOnce {
                    call.client.notifyAfterAnswer(
                        "notifications/elicitation/complete", ["elicitationId": .string(id)],
                        delay: .milliseconds(50))
                }
                let params = Question.urlParams("Please visit this page first.", url: url, id: id)
                let data: JSONValue = ["elicitations": [.object(params)]]
                throw .protocolError(
                    code: Int64(ErrorCode.urlElicitationRequired), message: "a URL has to be visited first",
                    data: data.raw)
            }),
    ]

    private static let otherQuestions = [
        asking("ask_roots", "Asks for the client's roots and answers them as JSON.") {
            (call, timeout) async throws(ToolFailure) in
            let answer = try await call.client.ask(.roots, timeout: timeout)
            return ToolResult(json: answer.member("roots").map { JSONValue($0) } ?? .null)
        },
        asking("ask_ping", "Pings the client and answers the result as JSON.") {
            (call, timeout) async throws(ToolFailure) in
            ToolResult(json: JSONValue(try await call.client.ask(.ping, timeout: timeout)))
        },
        Tool(
            name: "ask_after_answer",
            description: "Answers, and asks 50 ms later. The tool late_question_outcome tells what came of it.",
            inputSchema: schema(
                ["method": #"{"type":"string","enum":["\#(Question.methods.joined(separator: #"",""#))"]}"#],
                required: ["method"]),
            body: .immediate { (call) throws(ToolFailure) in
                let method = try call.arguments.string("method", oneOf: Question.methods)
                guard let question = Question(method: method) else {
                    throw .failed("argument \"method\" is \"\(method)\", which is no question")
                }
                call.client.askAfterAnswer(question, delay: .milliseconds(50))
                return ToolResult(text: "asking \(method) in 50 ms")
            }),
        Tool(
            name: "late_question_outcome",
            description: "Answers what came of the last question that was asked outside of calls, as JSON.",
            body: .immediate { (call) throws(ToolFailure) in ToolResult(json: call.server.lateQuestionOutcome) }),
        Tool(
            name: "client_facts", description: "Answers what the client said of itself, as JSON.",
            body: .immediate { (call) throws(ToolFailure) in ToolResult(json: call.client.facts) }),
        Tool(
            name: "log_level",
            description: "Answers the least severe level that the client is told, as JSON; null if it is told nothing.",
            body: .immediate { (call) throws(ToolFailure) in
                ToolResult(json: call.client.logLevel.map { .string($0.rawValue) } ?? .null)
            }),
    ]

    /// A tool that asks; its argument `timeoutMs` is how long an answer may take.
    static func asking(
        _ name: String, _ description: String, arguments: KeyValuePairs<String, String> = [:], required: [String] = [],
        taskSupport: TaskSupport = .forbidden, since: ProtocolRevision = .v2024_11_05,
        _ body: @escaping @LoopActor @Sendable (Call, Duration) async throws(ToolFailure) -> ToolResult
    ) -> Tool {
        let timeout = #"{"type":"integer","minimum":1,"default":30000,"description":"Milliseconds for the answer."}"#
        let properties = arguments.map { "\"\($0.key)\":\($0.value)" } + ["\"timeoutMs\":\(timeout)"]
        let names = required.map { "\"\($0)\"" }.joined(separator: ",")
        return Tool(
            name: name, description: description,
            inputSchema: #"{"type":"object","properties":{"# + properties.joined(separator: ",") + "}"
                + (required.isEmpty ? "}" : #","required":["# + names + "]}"),
            taskSupport: taskSupport, since: since,
            body: .suspending { (call) async throws(ToolFailure) in
                let milliseconds = try call.arguments.integer("timeoutMs", in: 1...86_400_000, default: 30_000)
                return try await body(call, .milliseconds(milliseconds))
            })
    }

    private static func userResponse(_ answer: RawJSON) -> ToolResult {
        ToolResult(text: "User response: \(answer.text)")
    }

    /// The texts of a sampled message, of which the content is one block or several.
    static func sampledText(_ answer: RawJSON) -> String {
        guard let content = answer.member("content") else { return answer.text }
        let blocks = content.kind == .array ? content.elements : [content]
        return blocks.map { $0.member("text")?.stringValue ?? $0.text }.joined(separator: "\n")
    }
}
