import TestSupport
import Testing

/// Models that do as they are told, each a server of its own.
enum ScriptedModels {
    /// What one does: the members of its script; `nil`: it calls what a question tells it to call.
    struct Play: Sendable {
        let name: String
        let script: JSONTree?

        init(_ name: String, _ script: JSONTree? = nil) {
            self.name = name
            self.script = script
        }

        /// Answers every question alike.
        init(_ name: String, always step: JSONTree) {
            self.init(name, ["steps": [step]])
        }
    }

    /// Starts all of them, and stops them afterwards.
    static func with(_ plays: [Play], body: ([AgentServer.Model]) async throws -> Void) async throws {
        let directory = try TemporaryDirectory()
        var processes: [RunningProcess] = []
        do {
            for play in plays {
                var options = ["--listen", "127.0.0.1:0", "--loops", "1"]
                if let script = play.script {
                    options += ["--script", try directory.write(script.description, to: "\(play.name).json")]
                }
                processes.append(try RunningProcess(.built("scripted-llm", options)))
            }
            var models: [AgentServer.Model] = []
            for (play, process) in zip(plays, processes) {
                let line = try await process.line("URL") { $0.hasPrefix("listening on ") }
                models.append(.init(name: play.name, url: String(line.dropFirst("listening on ".count))))
            }
            try await body(models)
        } catch {
            for process in processes { await process.terminate() }
            throw error
        }
        for process in processes { await process.terminate() }
    }

    /// One that works, which comes first, and those that the clients' scripts expect to fail in their ways.
    static let all = [
        Play("agent"),
        Play("json", always: ["text": #"{"city":"Paris","celsius":15}"#, "pieces": 4]),
        Play(
            "busy",
            always: [
                "status": 429, "headers": ["Retry-After": "7", "x-should-retry": "false"],
                "body": ["error": ["message": "quota", "type": "rate_limit", "code": "quota"]],
            ]),
        Play(
            "broken",
            always: [
                "status": 500, "headers": ["x-should-retry": "false"],
                "body": ["error": ["message": "secret stack trace"]],
            ]),
        Play(
            "full",
            always: [
                "status": 400,
                "body": [
                    "error": [
                        "message": "too long", "type": "invalid_request_error", "param": "messages",
                        "code": "context_length_exceeded",
                    ]
                ],
            ]),
        Play(
            "cut",
            always: [
                "stream": [["delta": ["role": "assistant"]], ["text": "Once upon ", "pieces": 2], ["reset": true]]
            ]),
        Play(
            "recovering",
            [
                "select": "sequence",
                "steps": [
                    [
                        "status": 429, "headers": ["Retry-After": "1", "x-should-retry": "false"],
                        "body": ["error": ["message": "quota"]],
                    ], ["text": "here again"],
                ],
            ]),
        // Slower than a client is patient, then silent in the middle of its answer.
        Play("slow", always: ["stream": [["waitMs": 1000], ["text": "so ", "pieces": 1], ["hang": true]]]),
    ]
}
