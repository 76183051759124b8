import Configuration
import Testing

@testable import AgentBridge

@Suite("The section agent")
struct AgentConfigurationTests {
    private func read(_ text: String, variables: [String: String] = [:]) -> AgentConfigurationFile.Outcome {
        AgentConfigurationFile.parse(
            Array(text.utf8),
            environment: ConfigurationEnvironment(variables: variables) { _, _ throws(FileReadError) in
                throw .system(reason: "No such file or directory")
            })
    }

    @Test("the smallest is a model")
    func smallest() throws {
        let outcome = read(#"{"agent":{"llm":{"baseUrl":"http://127.0.0.1:11434/v1","model":"qwen3"}}}"#)
        #expect(outcome.findings.isEmpty, "\(outcome.findings)")
        let configuration = try #require(outcome.configuration)
        #expect(configuration.agents.map(\.name) == ["agent"])
        #expect(configuration.models(for: configuration.agents[0]).map(\.model) == ["qwen3"])
        #expect(configuration.models[0].url == "http://127.0.0.1:11434/v1/chat/completions")
    }

    @Test("everything is read")
    func everything() throws {
        let text = """
            // comments are fine
            {"agent":{
             "listen":"127.0.0.1:8809","apiKeys":["${AGENT_KEY}"],"cors":[],"maxConcurrentRuns":2000,"maxBody":"32MiB","shutdownGrace":"30s","logContent":false,
             "gateway":{"url":"http://127.0.0.1:8808/mcp","headers":{},"forwardHeaders":[],"required":true,"toolCache":"60s"},
             "llms":{"main":{"style":"openai","baseUrl":"https://api.example.com/v1","auth":"static","apiKey":"${LLM_KEY}","model":"gpt-4o","params":{"temperature":0},
                     "vision":true,"audio":false,"contextTokens":128000,"cacheKey":false,"timeouts":{"connect":"5s","firstByte":"60s","idle":"60s","total":"5m"},"retries":2,"fallback":[],"pricePerMTok":{}}},
             "agents":{"general-purpose-agent":{"description":"…","llm":"main","systemPrompt":"…","systemPromptFile":null,"clientSystem":"append","lockedParams":[],
                     "tools":{"include":["*"],"exclude":[],"pinned":[],"descriptionMax":1024,"search":"auto","useInstructions":false},
                     "limits":{"maxTurns":15,"onLimit":"finalize","maxToolCalls":100,"maxParallelTools":32,"deadline":"10m","maxTotalTokens":null,"maxCost":null},
                     "toolTimeout":"30s","toolTimeouts":{"slow__*":"2m"},"resultMax":"40kB","approval":[],"destructive":"allow","stages":"full","intermediateText":"content",
                     "sampling":{"enabled":true,"policy":"allow","maxRequests":10,"maxTokens":4096,"models":{}}}},
             "state":{"secret":"${AGENT_STATE_KEY}","ttl":"24h","strict":false,"server":false,"max":"256KiB"},
             "files":{"baseUrl":null,"allowHosts":[],"maxFile":"20MiB"}}}
            """
        let outcome = read(
            text, variables: ["AGENT_KEY": "agent-key", "LLM_KEY": "llm-key", "AGENT_STATE_KEY": "state-key"])
        #expect(outcome.findings.isEmpty, "\(outcome.findings)")
        let agent = try #require(outcome.configuration?.agents.first)
        #expect(agent.timeout(of: "slow__x") == .seconds(120) && agent.timeout(of: "x") == .seconds(30))
        #expect(agent.resultMax == 40_000)
        #expect(outcome.configuration?.redactor.redact("llm-key") == "[redacted:LLM_KEY]")
    }

    @Test(
        "what is wrong is found at its place",
        arguments: [
            (#"{"agent":{"llm":{"model":"x"}}}"#, "$.agent.llm", "baseUrl"),
            (#"{"agent":{"llm":{"baseUrl":"ftp://x","model":"x"}}}"#, "$.agent.llm.baseUrl", "ftp"),
            (#"{"agent":{}}"#, "$.agent", "needs a model"), (#"{}"#, "$", "no section"),
            (
                #"{"agent":{"llm":{"baseUrl":"http://x","model":"x"},"agents":{"a":{"limits":{"maxTurns":0}}}}}"#,
                "$.agent.agents.a.limits.maxTurns", "1 to 10000"
            ),
            (
                #"{"agent":{"llms":{"main":{"baseUrl":"http://x","model":"x"}},"agents":{"a":{"llm":"mian"}}}}"#,
                "$.agent.agents", #"did you mean "main""#
            ),
            (
                #"{"agent":{"llm":{"baseUrl":"http://x","model":"x"},"listen":"0.0.0.0:1"}}"#, "$.agent.listen",
                "others can reach"
            ),
            (
                #"{"agent":{"llm":{"baseUrl":"http://x","model":"x","apiKey":"${NOT_SET}"}}}"#, "$.agent.llm.apiKey",
                "not set"
            ),
        ])
    func errors(text: String, path: String, message: String) {
        let outcome = read(text)
        #expect(outcome.configuration == nil)
        #expect(
            outcome.findings.contains { $0.severity == .error && $0.path == path && $0.message.contains(message) },
            "\(outcome.findings)")
    }

    @Test("an unknown key is a warning with what was meant")
    func unknown() {
        let outcome = read(#"{"agent":{"llm":{"baseUrl":"http://x","model":"x"},"maxConcurentRuns":1}}"#)
        #expect(outcome.configuration != nil)
        #expect(outcome.findings.first?.message.contains("maxConcurrentRuns") == true)
    }
}
