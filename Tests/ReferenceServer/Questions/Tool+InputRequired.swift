import MCPProtocol

extension Tool {
    /// Tools of the conformance suite that ask in their results, by its names, keys and texts. Clients of older revisions
    /// are asked the same in the way of theirs.
    static let inputRequiredFixtures: [Tool] = [
        asking("test_input_required_result_elicitation", "Asks for a name and greets.") {
            (call, timeout) async throws(ToolFailure) in
            let answer = try await call.client.ask(userName.keyed("user_name", hasState: false), timeout: timeout)
            return ToolResult(text: greeting(answer))
        },
        asking("test_input_required_result_sampling", "Asks the model for a capital.") {
            (call, timeout) async throws(ToolFailure) in
            let question = Question.sampling("What is the capital of France?")
            let answer = try await call.client.ask(
                question.keyed("capital_question", hasState: false), timeout: timeout)
            return ToolResult(text: "The model says: \(sampledText(answer))")
        },
        asking("test_input_required_result_list_roots", "Asks for the roots and names them.") {
            (call, timeout) async throws(ToolFailure) in
            let answer = try await call.client.ask(
                Question.roots.keyed("client_roots", hasState: false), timeout: timeout)
            return ToolResult(text: "Roots: \(rootURIs(answer))")
        },
        asking("test_input_required_result_request_state", "Asks for a confirmation, and gives a state along.") {
            (call, timeout) async throws(ToolFailure) in
            _ = try await call.client.ask(confirmation.keyed("confirm"), timeout: timeout)
            return ToolResult(text: "state-ok")
        },
        asking("test_input_required_result_tampered_state", "Asks, and refuses a state that was changed.") {
            (call, timeout) async throws(ToolFailure) in
            _ = try await call.client.ask(confirmation.keyed("confirm"), timeout: timeout)
            return ToolResult(text: "state-ok")
        },
        asking("test_input_required_result_multiple_inputs", "Asks a form, the model and the roots at once.") {
            (call, timeout) async throws(ToolFailure) in
            let answers = try await call.client.ask(
                [
                    userName.keyed("user_name"), Question.sampling("Greet somebody.").keyed("greeting"),
                    Question.roots.keyed("client_roots"),
                ], timeout: timeout)
            guard answers.count == 3 else { throw .failed("\(answers.count) answers came to 3 questions") }
            return ToolResult(
                text: "\(greeting(answers[0])) \(sampledText(answers[1])) Roots: \(rootURIs(answers[2]))")
        },
        asking("test_input_required_result_multi_round", "Asks twice, one after the other.") {
            (call, timeout) async throws(ToolFailure) in
            let first = try await call.client.ask(userName.keyed("step1"), timeout: timeout)
            let second = try await call.client.ask(
                Question.form(
                    "Step 2: What is your favorite color?", properties: ["color": ["type": "string"]],
                    required: ["color"]
                ).keyed("step2"), timeout: timeout)
            return ToolResult(
                text: "\(greeting(first)) Color: \(second["content", "color"]?.stringValue ?? "none")")
        },
        asking("test_input_required_result_capabilities", "Asks only what the client has declared.") {
            (call, timeout) async throws(ToolFailure) in
            var questions: [Question] = []
            for question in [
                userName.keyed("user_name"), Question.sampling("Greet somebody.").keyed("greeting"),
                Question.roots.keyed("client_roots"),
            ] where call.client.canBeAsked(question.kind) {
                questions.append(question)
            }
            let answers = try await call.client.ask(questions, timeout: timeout)
            return ToolResult(text: "\(answers.count) answers")
        },
        asking(
            "ask_endlessly", "Asks again whatever the answer, and never answers itself.",
            arguments: ["tag": #"{"type":"string","default":"again"}"#]
        ) { (call, timeout) async throws(ToolFailure) in
            let tag = try call.arguments.string("tag", default: "again")
            var count = 0
            while true {
                _ = try await call.client.ask(Forms.name("\(tag) \(count)"), timeout: timeout)
                count += 1
            }
        },
        Tool(
            name: "come_back", description: "Has nothing to ask, but lets the client come back that often.",
            inputSchema: schema(["rounds": #"{"type":"integer","minimum":0,"maximum":1000,"default":2}"#]),
            body: .immediate { (call) throws(ToolFailure) in
                let rounds = Int(try call.arguments.integer("rounds", in: 0...1000, default: 2))
                try call.client.pause(rounds: rounds)
                return ToolResult(text: "back after \(rounds) rounds")
            }),
    ]

    private static let userName = Forms.name("What is your name?")

    private static let confirmation = Question.form(
        "Please confirm", properties: ["ok": ["type": "boolean"]], required: ["ok"])

    private static func greeting(_ answer: RawJSON) -> String {
        guard answer.member("action")?.isString("accept") == true else { return "Hello, whoever you are!" }
        return "Hello, \(answer["content", "name"]?.stringValue ?? "nobody")!"
    }

    private static func rootURIs(_ answer: RawJSON) -> String {
        (answer.member("roots")?.elements ?? []).compactMap { $0.member("uri")?.stringValue }.joined(separator: ", ")
    }
}

extension CallClient {
    fileprivate func canBeAsked(_ kind: Question.Kind) -> Bool {
        do throws(ToolFailure) {
            try require(kind)
            return true
        } catch {
            return false
        }
    }
}
