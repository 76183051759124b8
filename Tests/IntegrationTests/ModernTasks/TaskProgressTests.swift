import TestSupport
import Testing

/// Progress that a server of 2025-11-25 tells of a task, whose clients of 2026-07-28 know none.
@Suite("Progress of tasks")
struct TaskProgressTests {
    static let declared: JSONTree = ["extensions": TaskClient.tasks]

    /// A task that is at work, with the status message that its server gives it.
    private static func working(_ message: String? = nil) -> String {
        let words = message.map { #","statusMessage":"\#($0)""# } ?? ""
        return #"{"taskId":"native","status":"working","createdAt":"2026-01-01T00:00:00Z","#
            + #""lastUpdatedAt":"2026-01-01T00:00:00Z","ttl":60000,"pollInterval":20\#(words)}"#
    }

    private static func progress(_ token: JSONTree, _ progress: Int, _ message: String?) -> String {
        let words = message.map { #","message":"\#($0)""# } ?? ""
        return #"{"jsonrpc":"2.0","method":"notifications/progress","params":"#
            + #"{"progressToken":\#(token),"progress":\#(progress)\#(words)}}"#
    }

    @Test("its message is the task's status message, until the server has another one")
    func folded() async throws {
        let stream = Observed<ScriptedConnection?>(nil)
        let own = Observed<String?>(nil)
        try await ScriptedTasks.with([
            "GET": { _, connection in
                try connection.beginEvents()
                stream.update { $0 = connection }
                connection.waitForClose()
            },
            "tasks/get": { request, connection in
                try connection.result(Self.working(own.value), of: request)
            },
        ]) { gateway, server in
            try await TaskClient.with(gateway, capabilities: Self.declared) { client in
                let events = try await stream.wait(for: "stream") { $0 }
                let id = try await client.begin("work")
                let call = try #require(server.requests(for: "tools/call").last?.params)
                let token = try #require(call["_meta"]?["progressToken"])
                #expect(try await client.get(id).result?["statusMessage"] == nil)
                let subscription = try await client.listen([id])
                try await subscription.begin()

                func tell(_ number: Int, _ message: String?) throws {
                    try events.event(Self.progress(token, number, message))
                }
                func wait(_ message: String) async throws {
                    _ = try await client.wait(for: id, until: "says \(message)") {
                        $0.status == "working" && $0.result?["statusMessage"]?.string == message
                    }
                }
                try tell(1, "a quarter")
                try await wait("a quarter")
                while try await subscription.next()["params"]?["statusMessage"]?.string != "a quarter" {}
                // Progress increases, and has no message at times.
                try tell(0, "less")
                try tell(2, nil)
                try events.event(Self.progress("of nobody", 3, "another's"))
                try tell(3, "half")
                try await wait("half")
                own.update { $0 = "almost done" }
                try await wait("almost done")
                try tell(4, "really")
                try await wait("really")
                subscription.close()
            }
        }
    }

    @Test("a message on the stream of the task's result counts, too")
    func onResultStream() async throws {
        let token = Observed<JSONTree?>(nil)
        let isDone = Observed(false)
        try await ScriptedTasks.with([
            "tasks/get": { request, connection in
                let status = isDone.value ? "completed" : "input_required"
                try connection.result(ScriptedTasks.task(status), of: request)
            },
            "tasks/result": { request, connection in
                try connection.beginEvents()
                try connection.event(Self.progress(token.value ?? .null, 1, "looking around"))
                try AskingServer.wait(until: isDone)
                try connection.event(
                    #"{"jsonrpc":"2.0","id":\#(request.id),"result":\#(ScriptedMCP.text("done"))}"#)
                try connection.endChunks()
            },
        ]) { gateway, server in
            try await TaskClient.with(gateway, capabilities: Self.declared) { client in
                let id = try await client.begin("work")
                let call = try #require(server.requests(for: "tools/call").last?.params)
                token.update { $0 = call["_meta"]?["progressToken"] }
                _ = try await client.wait(for: id, until: "says what it does") {
                    $0.result?["statusMessage"]?.string == "looking around"
                }
                isDone.update { $0 = true }
                let done = try await client.wait(for: id, status: "completed")
                #expect(done.taskText == "done")
                #expect(done.result?["statusMessage"] == nil, "\(done.http)")
            }
        }
    }

    @Test("over stdio as well")
    func stdio() async throws {
        try await TaskCase(era: .legacy, transport: .stdio).run { gateway in
            try await TaskClient.with(gateway) { client in
                let id = try await client.begin("slow_compute", ["seconds": 2])
                _ = try await client.wait(for: id, until: "says how far it is") {
                    $0.result?["statusMessage"]?.string?.hasPrefix("quarter") == true
                }
                _ = try await client.cancel(id)
            }
        }
    }
}
