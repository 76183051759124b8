import TestSupport
import Testing

/// The agent with `stubllm`, a published stand-in for a model, which streams in its own way: whole tool calls that all
/// have the index 0, and no reason why they finish.
@Suite("A published stand-in for a model", .serialized)
struct PublishedModelTests {
    /// Which answer `stubllm` gives to which conversation; the one that says the most about it wins.
    private static let fixtures: JSONTree = [
        "fixtures": [
            fixture("greeting", [["role": "user", "content": ["contains": "hello"]]], ["content": "Good day to you."]),
            fixture(
                "calls", [["role": "user", "content": ["contains": "tools"]]],
                [
                    "tool_calls": [
                        call("c1", "ref__echo", #"{"message":"first"}"#),
                        call("c2", "two__echo", #"{"message":"second"}"#),
                    ]
                ]),
            fixture(
                "results",
                [
                    ["role": "user", "content": ["contains": "tools"]],
                    ["role": "tool", "content": ["exact": "first"]], ["role": "tool", "content": ["exact": "second"]],
                ], ["content": "Both have answered."]),
            [
                "name": "recovery", "match": matching([["role": "user", "content": ["contains": "again"]]]),
                "sequence": [
                    ["http_status": 429, "error_message": "Slow down."], ["http_status": 503],
                    ["content": "There it is."],
                ],
            ],
            fixture(
                "key", [["role": "user", "content": ["contains": "key"]]],
                ["http_status": 401, "error_message": "Incorrect API key provided: sk-1."]),
            fixture(
                "length", [["role": "user", "content": ["contains": "length"]]],
                ["http_status": 400, "error_message": "Too long.", "error_code": "string_above_max_length"]),
        ]
    ]

    private static func matching(_ messages: JSONTree) -> JSONTree { ["provider": "openai", "messages": messages] }

    private static func fixture(_ name: String, _ messages: JSONTree, _ response: JSONTree) -> JSONTree {
        ["name": .string(name), "match": matching(messages), "response": response]
    }

    private static func call(_ id: String, _ name: String, _ arguments: String) -> JSONTree {
        [
            "id": .string(id), "type": "function",
            "function": ["name": .string(name), "arguments": .string(arguments)],
        ]
    }

    @Test("answers, parallel calls, refusals and recoveries are understood")
    func stubllm() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(Self.fixtures.description, to: "fixtures.json")
        let port = try freePort()
        let arguments = ["serve", "--port", String(port), "--fixture-file", file, "--log-level", "info"]
        try await RunningProcess.with(.init(Peers.agent.program("stubllm"), arguments)) { model in
            try await model.errorLine("start of the model", within: .seconds(60)) { $0.contains("Uvicorn running on") }
            let url = "http://127.0.0.1:\(port)/v1"
            try await AgentServer.with([.init(name: "agent", url: url)]) { server in
                let greeting = try await server.ask("agent", "hello")
                #expect(try greeting.content() == "Good day to you.")

                let calls = try await server.ask("agent", "Use your tools.")
                #expect(try calls.content() == "Both have answered.", "\(model.transcript)")
                #expect(try calls.json()["agent_bridge"]?["tool_calls"]?.int == 2)

                let recovery = try await server.ask("agent", "Do it again.")
                #expect(try recovery.content() == "There it is.", "\(recovery)")

                let refusedKey = try await server.ask("agent", "Is the key good?")
                #expect(refusedKey.status == 502)
                #expect(try refusedKey.json()["error"]?["code"]?.string == "llm_auth_failed")
                #expect(!refusedKey.text.contains("sk-1"))

                let length = try await server.ask("agent", "Mind the length.")
                #expect(length.status == 400)
                #expect(try length.json()["error"]?["code"]?.string == "string_above_max_length")
            }
        }
    }
}
