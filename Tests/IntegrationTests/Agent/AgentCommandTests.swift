import TestSupport
import Testing

@Suite("The agent on the command line")
struct AgentCommandTests {
    private struct Run {
        let exit: RunningProcess.Exit
        let output: String
        let errors: String
    }

    private func run(_ arguments: [String], input: String? = nil, at agent: AgentFixture) async throws -> Run {
        var command = try RunningProcess.Command.built("agent-bridge", arguments)
        command.environment = [
            "OPENAI_BASE_URL": "http://127.0.0.1:\(agent.modelPort)/v1", "AGENT_MODEL": "scripted",
            "MCP_GATEWAY_URL": "http://127.0.0.1:\(agent.gateway.port)", "OPENAI_API_KEY": "key-of-the-tests",
        ]
        return try await RunningProcess.with(command) { process in
            if let input { try process.write(input) }
            process.closeInput()
            let exit = try await process.exit()
            return Run(exit: exit, output: process.standardOutput.text, errors: process.standardError.text)
        }
    }

    @Test("ask prints the answer alone on standard output, and progress, without colour, on standard error")
    func ask() async throws {
        try await AgentFixture.with { agent in
            let run = try await run(["ask", #"call ref__echo {"message":"hi"}"#], at: agent)
            #expect(run.exit == .code(0), "\(run.errors)")
            #expect(run.output == "The tools say:\n- hi\n")
            #expect(run.errors.contains("→ ref__echo {\"message\":\"hi\"}\n✓ ref__echo "))
            #expect(!run.errors.contains("\u{1B}"))
            let header = try await agent.modelRequests().first?["headers"]?["authorization"]?.string
            #expect(header == "Bearer key-of-the-tests")
        }
    }

    @Test("the question can come from standard input, and the answer as JSON or JSON lines")
    func forms() async throws {
        try await AgentFixture.with { agent in
            let json = try await run(
                ["ask", "--output", "json"], input: #"call ref__echo {"message":"hi"}"#, at: agent)
            let answer = try JSONTree(parsing: json.output)
            #expect(answer["choices"]?[0]?["message"]?["content"]?.string == "The tools say:\n- hi")
            #expect(answer["steps"]?[0]?["result"]?.string == "hi")
            let lines = try await run(["ask", "--output", "jsonl", "hello"], at: agent)
            let types = try lines.output.split(separator: "\n").map {
                try JSONTree(parsing: String($0))["type"]?.string ?? ""
            }
            #expect(types.first == "run_start" && types.last == "run_end" && types.contains("text"))
        }
    }

    @Test("chat keeps its history, and a saved conversation goes on")
    func chat() async throws {
        let directory = try TemporaryDirectory()
        try await AgentFixture.with { agent in
            let file = directory.path("conversation.json")
            let first = try await run(
                ["chat", "--save", file], input: "hello\ncall ref__echo {\"message\":\"x\"}\n/usage\n", at: agent)
            #expect(first.output == "You said: hello\nThe tools say:\n- x\n", "\(first.errors)")
            let second = try await run(["ask", "--resume", file, "again"], at: agent)
            #expect(second.output == "You said: again\n")
            let roles = try await agent.messages(ofRequest: 3).map { $0["role"]?.string ?? "" }
            #expect(roles == ["user", "assistant", "user", "assistant", "tool", "assistant", "user"])
        }
    }

    @Test("chat shows the gateway's prompts and resources, and takes them into the conversation")
    func shelf() async throws {
        let lines = [
            "/prompts", #"/prompt ref__test_prompt_with_arguments arg1="two words" arg2=x"#, "/resources",
            "/read test://static-text", "and now?", "/prompt ref__nobody", "/prompt ref__test_simple_prompt a",
            "/read test://nowhere", #"/prompt "open"#,
        ]
        try await AgentFixture.with { agent in
            let run = try await run(["chat"], input: lines.joined(separator: "\n") + "\n", at: agent)
            #expect(run.exit == .code(0), "\(run.errors)")
            let output = run.output.split(separator: "\n").map(String.init)
            #expect(
                output.contains("ref__test_prompt_with_arguments arg1=… arg2=…  A prompt with two required arguments."))
            #expect(output.contains("You said: Prompt with arguments: arg1='two words', arg2='x'"))
            #expect(output.contains { $0.hasPrefix("test://static-text") }, "\(run.output)")
            let question = try await agent.messages(ofRequest: 1)
            #expect(question.map { $0["role"]?.string } == ["user", "assistant", "user"])
            let parts = question.last?["content"]?.elements?.compactMap { $0["text"]?.string } ?? []
            #expect(parts.first == "and now?" && parts.last?.hasPrefix("test://static-text") == true, "\(parts)")
            #expect(try await agent.modelRequests().count == 2)
            let errors = run.errors.split(separator: "\n")
            #expect(
                errors.contains { $0.contains("ref__nobody") } && errors.contains("a is not KEY=VALUE"), "\(run.errors)"
            )
            #expect(errors.contains { $0.contains("test://nowhere") } && errors.contains("a quote is not closed"))
        }
    }

    @Test("exit codes tell what went wrong")
    func exitCodes() async throws {
        try await AgentFixture.with { agent in
            #expect(try await run(["ask", "--llm-url", "http://127.0.0.1:1/v1", "x"], at: agent).exit == .code(4))
            #expect(try await run(["ask", "--gateway-url", "http://127.0.0.1:1", "x"], at: agent).exit == .code(4))
            let unknown = try await run(["ask", "--modle", "x", "x"], at: agent)
            #expect(unknown.exit == .code(2) && unknown.errors.contains("did you mean --model?"))
            let limited = try await run(
                ["ask", "--timeout", "200ms", "call ref__hang"], at: agent)
            #expect(limited.exit == .code(3), "\(limited.errors)")
        }
    }

    @Test("tools lists what the model sees; check reaches both ends")
    func toolsAndCheck() async throws {
        try await AgentFixture.with { agent in
            let tools = try await run(["tools"], at: agent)
            #expect(tools.output.contains("ref__echo") && tools.output.contains(" tokens"))
            let check = try await run(
                ["check", "--llm-url", "http://127.0.0.1:\(agent.modelPort)/v1"], at: agent)
            #expect(check.exit == .code(0), "\(check.output)\(check.errors)")
        }
    }
}
