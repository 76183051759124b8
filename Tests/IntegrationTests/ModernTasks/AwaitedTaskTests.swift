import TestSupport
import Testing

/// Tools that can only be tasks, or are made into one, for clients that know none: the gateway waits.
@Suite("Tasks of clients that know none")
struct AwaitedTaskTests {
    @Test("a client of 2026-07-28 without the extension gets the result", arguments: TaskCase.all)
    func modern(at place: TaskCase) async throws {
        try await place.run { gateway in
            for capabilities: JSONTree in [[:], ["elicitation": ["form": [:]]]] {
                try await TaskClient.with(gateway, capabilities: capabilities) { client in
                    let answer = try await client.call("task_only")
                    #expect(answer.resultType == "complete", "\(answer.http)")
                    #expect(answer.text == "done as a task")
                    #expect(answer.result?["_meta"]?["io.modelcontextprotocol/related-task"] == nil)
                }
            }
        }
    }

    @Test(
        "so does one of an older revision", arguments: TaskCase.all,
        ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"])
    func older(at place: TaskCase, revision: String) async throws {
        try await place.run { gateway in
            try await SessionClient.with(gateway, revision: revision) { client in
                let answer = try await client.call("task_only")
                #expect(answer.text == "done as a task", "\(answer.http)")
                #expect(answer.result?["resultType"] == nil)
            }
        }
    }

    @Test(
        "work that outlasts the silence allowed is waited for, as its server says that it is at work",
        arguments: TaskCase.all)
    func outlastsSilence(at place: TaskCase) async throws {
        let settings: [JSONTree.Member] = [.init("timeouts", ["call": "400ms", "idle": "400ms"])]
        try await place.run(["--latency", "1500ms"], settings: settings) { gateway in
            try await TaskClient.with(gateway, capabilities: [:]) { client in
                let answer = try await client.call("task_only")
                #expect(answer.text == "done as a task", "\(answer.http)")
            }
        }
    }

    @Test("what is given up is cancelled at its server", arguments: TaskCase.modern)
    func timesOut(at place: TaskCase) async throws {
        let settings: [JSONTree.Member] = [.init("timeouts", ["max": "500ms"])]
        try await place.run(["--latency", "60s"], settings: settings) { gateway in
            try await TaskClient.with(gateway, capabilities: [:]) { client in
                let answer = try await client.call("task_only")
                #expect(answer.result?["isError"] == true, "\(answer.http)")
                #expect(answer.text?.contains("timeouts.max") == true)
            }
        }
    }
}
