import TestSupport
import Testing

@Suite("What tools' servers ask of the agent")
struct AgentQuestionTests {
    /// AGENT.md, "Acceptance examples", 15; its end at a terminal is in ``TerminalTests``.
    @Test(
        "a completion is the model's, without the user's conversation; a form is declined over HTTP",
        arguments: AgentGateway.allCases)
    func questions(gateway: AgentGateway) async throws {
        func call(_ tool: String, _ arguments: String) -> JSONTree {
            ["toolCalls": [["name": .string(gateway.tool(tool)), "arguments": .string(arguments)]]]
        }
        let steps: [JSONTree] = [
            call("test_sampling", #"{"prompt":"What is love?"}"#), ["text": "baby don't hurt me"],
            call("test_elicitation", #"{"message":"Who are you?"}"#), ["text": "done"],
        ]
        let record = try ServerRecord()
        try await AgentFixture.with(gateway, record, steps: steps, select: "sequence") { agent in
            let answer = try await agent.post(AgentFixture.body("secret question"))
            #expect(try answer.content() == "done", "\(answer)\n\(agent.agent.transcript)")
            let requests = try await agent.modelRequests()
            #expect(requests.count == 4)
            let sampled = requests[1]["body"]
            #expect(sampled?["messages"]?.description.contains("What is love?") == true)
            #expect(sampled?["messages"]?.description.contains("secret question") == false)
            #expect(sampled?["max_tokens"]?.int == 100)
            let results = try await agent.messages(ofRequest: 3).filter { $0["role"]?.string == "tool" }
            #expect(results.first?["content"]?.string == "LLM response: baby don't hurt me")
            let form = results.last?["content"]?.string ?? ""
            #expect(form.contains("decline") || form.hasPrefix("Error: "), "\(form)")
            #expect(try answer.json()["usage"]?["total_tokens"]?.int == 60)
        }
        try gateway.expectItsEra(in: record, hasAffinity: false)
    }

    @Test("an agent that does not sample refuses")
    func refused() async throws {
        let steps: [JSONTree] = [
            ["toolCalls": [["name": "ref__test_sampling", "arguments": #"{"prompt":"x"}"#]]], ["text": "done"],
        ]
        try await AgentFixture.with(steps: steps, agent: [.init("sampling", ["policy": "deny"])]) { agent in
            let answer = try await agent.post(AgentFixture.body("go"))
            #expect(try answer.content() == "done")
            let result = try await agent.messages(ofRequest: 1).last?["content"]?.string ?? ""
            #expect(result.contains("rejected"), "\(result)")
            #expect(try await agent.modelRequests().count == 2)
        }
    }
}
