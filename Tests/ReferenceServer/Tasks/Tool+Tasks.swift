import MCPProtocol

extension Tool {
    /// Tools that can run as tasks, in revisions that have them; in others they are called like any tool.
    static let tasks: [Tool] = [
        Tool(
            name: "slow_compute", description: "Works that long, with progress at every quarter, then answers.",
            inputSchema: schema(
                ["seconds": #"{"type":"number","minimum":0,"maximum":86400}"#], required: ["seconds"]),
            taskSupport: .optional,
            body: .suspending { (call) async throws(ToolFailure) in
                let seconds = try call.arguments.number("seconds", in: 0...86_400)
                for quarter: Int64 in 1...4 {
                    try await call.sleep(for: .seconds(seconds / 4))
                    await call.client.progress(quarter, of: 4, message: "quarter \(quarter) of 4")
                }
                return ToolResult(text: "computed for \(seconds) s")
            }),
        Tool(
            name: "failing_job", description: "Fails after a while with a result that says it is an error.",
            inputSchema: schema(["ms": #"{"type":"integer","minimum":0,"default":1000}"#]), taskSupport: .optional,
            body: .suspending { (call) async throws(ToolFailure) in
                try await call.sleep(
                    for: .milliseconds(try call.arguments.integer("ms", in: 0...86_400_000, default: 1000)))
                throw .failed("the job failed as it should")
            }),
        Tool(
            name: "protocol_error_job", description: "Fails after a while with a JSON-RPC error.",
            inputSchema: schema(["ms": #"{"type":"integer","minimum":0,"default":50}"#]), taskSupport: .optional,
            body: .suspending { (call) async throws(ToolFailure) in
                try await call.sleep(
                    for: .milliseconds(try call.arguments.integer("ms", in: 0...86_400_000, default: 50)))
                throw .protocolError(code: Int64(ErrorCode.internalError), message: "the job broke as it should")
            }),
        asking(
            "confirm_delete", "Asks whether something may be deleted and answers what became of it.",
            arguments: ["filename": #"{"type":"string","default":"report.txt"}"#], taskSupport: .optional
        ) { (call, timeout) async throws(ToolFailure) in
            let name = try call.arguments.string("filename", default: "report.txt")
            let answer = try await call.client.ask(Forms.confirmation("Delete \(name)?"), timeout: timeout)
            let isConfirmed =
                answer.member("action")?.isString("accept") == true && answer["content", "confirm"]?.boolValue == true
            return ToolResult(text: isConfirmed ? "deleted \(name)" : "kept \(name): \(answer.text)")
        },
        asking(
            "multi_input", "Asks for a name and a confirmation at once and answers a JSON array of the answers.",
            taskSupport: .optional
        ) { (call, timeout) async throws(ToolFailure) in
            let answers = try await call.client.ask(
                [Forms.name("What is your name?"), Forms.confirmation("Go on?")], timeout: timeout)
            return ToolResult(json: .array(answers.map { JSONValue($0) }))
        },
        Tool(
            name: "greet", description: "Greets at once, and is never a task.",
            inputSchema: schema(["name": #"{"type":"string","default":"World"}"#]),
            body: .immediate { (call) throws(ToolFailure) in
                ToolResult(text: "Hello, \(try call.arguments.string("name", default: "World"))!")
            }),
        Tool(
            name: "test_tool_with_task", description: "Asks for a name, then greets after a moment.",
            taskSupport: .optional, questionsBeforeTask: [nameFirst],
            body: .suspending { (call) async throws(ToolFailure) in
                let answer = try await call.client.ask(nameFirst, timeout: .seconds(30))
                try await call.sleep(for: .milliseconds(50))
                return ToolResult(text: "Hello, \(answer["content", "name"]?.stringValue ?? "nobody")!")
            }),
        Tool(
            name: "task_only", description: "Answers after a moment; cannot be called but as a task.",
            taskSupport: .required, since: .v2025_11_25,
            body: .suspending { (call) async throws(ToolFailure) in
                try await call.sleep(for: .milliseconds(50))
                return ToolResult(text: "done as a task")
            }),
    ]

    private static let nameFirst = Forms.name("What is your name?").keyed("user_name")
}
