import TestSupport
import Testing

/// What the agent's commands need: a gateway with reference servers, and models.
struct CommandPlace: Sendable {
    let gateway: GatewayFixture
    private let models: [AgentServer.Model]
    /// Of another gateway than ours.
    private let gatewayURL: String?

    /// The first model calls what it is told to; then come a silent one and a talkative one.
    static func with(
        servers: JSONTree? = nil, gatewayURL: String? = nil, body: (CommandPlace) async throws -> Void
    ) async throws {
        let plays: [ScriptedModels.Play] = [
            .init("agent"),
            .init("silent", always: ["stream": [["text": "Well, ", "pieces": 1], ["hang": true]]]),
            .init(
                "talkative",
                always: ["text": .string(String(repeating: "and so on ", count: 3000)), "pieces": 3000, "pauseMs": 10]),
            .init("slow", always: ["delayMs": 60_000, "text": "never"]),
            .init("insisting", always: ["toolCalls": [["name": "ref__echo", "arguments": #"{"message":"x"}"#]]]),
        ]
        try await ScriptedModels.with(plays) { models in
            let servers = try servers ?? ["ref": ReferenceServer.stdio(), "two": ReferenceServer.stdio()]
            try await GatewayFixture.with(["mcpServers": servers]) { gateway in
                try await body(CommandPlace(gateway: gateway, models: models, gatewayURL: gatewayURL))
            }
        }
    }

    /// The program and its arguments, with the gateway and a model to talk to unless the arguments have others.
    func command(_ arguments: [String], model: String = "agent") throws -> [String] {
        let url = try #require(models.first { $0.name == model }?.url)
        let place = [
            "--llm-url", url, "--model", "m", "--gateway-url", gatewayURL ?? "http://127.0.0.1:\(gateway.port)",
        ]
        return try [Repository.executable("agent-bridge")] + arguments.prefix(1) + place + arguments.dropFirst()
    }

    /// The same for a shell.
    func line(_ arguments: [String], model: String = "agent") throws -> String {
        try command(arguments, model: model).map { "'\($0.replacing("'", with: #"'\''"#))'" }.joined(separator: " ")
    }

    /// Waits until the model's last request has ended like this.
    func waitForOutcome(_ outcome: String, at model: String) async throws {
        let port = try #require(models.first { $0.name == model }.flatMap { AgentServer.port(in: $0.url) })
        try await gateway.wait(for: "\(outcome) at the model") {
            let client = try await RawHTTPClient(port: port)
            defer { client.close() }
            let requests = try await client.request("GET", "/requests").json().elements
            return requests?.last?["outcome"]?.string == outcome ? () : nil
        }
    }
}
