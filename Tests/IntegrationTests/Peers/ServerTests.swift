import Glibc
import TestSupport
import Testing

/// Published servers behind the gateway.
@Suite(.serialized)
struct ServerTests {
    @Test("four published servers work behind one gateway, and the loss of one costs only its own tools")
    func servers() async throws {
        let servers = try await PublishedServers()
        try await PublishedServers.withFastMCP { fastMCP, port in
            try await MessageTap.with(serverPort: port) { tap in
                let configuration: JSONTree = ["mcpServers": try servers.entries(fastMCPPort: tap.port)]
                try await GatewayFixture.with(configuration, waitsUntilReady: false) { gateway in
                    try await gateway.waitUntilReady(within: .seconds(90))
                    try await SessionClient.with(gateway) { client in
                        try await Self.expectEveryTool(client)
                        try await Self.convertTime(client)
                        try await Self.readRepository(servers.repository, client)
                        try await Self.changeDatabase(client)
                        try await Self.writeMemo(client)
                        try await Self.add(client)
                        try await Self.reportProgress(client)
                        try await Self.killChild(gateway, client, servers.repository)
                        try await Self.killRemote(gateway, client, fastMCP, port)
                    }
                }
                let said = try await TappedSessions(tap.exchanges(), checking: .client)
                #expect(said.problems == [])
                #expect(said.checkedMessages > 8)
            }
        }
    }

    // MARK: One meaningful use of each

    private static func expectEveryTool(_ client: SessionClient) async throws {
        var names: [String] = []
        var cursor: JSONTree?
        repeat {
            let page = try await client.request("tools/list", cursor.map { ["cursor": $0] } ?? [:])
            names += try #require(page.result?["tools"]?.elements, "\(page.http)").compactMap { $0["name"]?.string }
            cursor = page.result?["nextCursor"]
        } while cursor != nil
        let expected = [
            "time": ["get_current_time", "convert_time"],
            "git": [
                "git_status", "git_diff_unstaged", "git_diff_staged", "git_diff", "git_commit", "git_add", "git_reset",
                "git_log", "git_create_branch", "git_checkout", "git_show", "git_branch",
            ],
            "sqlite": ["read_query", "write_query", "create_table", "list_tables", "describe_table", "append_insight"],
            "fastmcp": [
                "add", "echo", "delay", "progress", "log", "fail", "large", "crash", "hang", "text", "image", "audio",
                "embedded_resource", "resource_link", "structured",
            ],
        ]
        #expect(names.count == Set(names).count)
        #expect(Set(names) == Set(expected.flatMap { server, tools in tools.map { "\(server)__\($0)" } }))
    }

    /// The text of a call that succeeds.
    private static func text(_ client: SessionClient, _ tool: String, _ arguments: JSONTree) async throws -> String {
        let answer = try await client.call(tool, arguments)
        #expect(!answer.isToolError, "\(answer.http)")
        return try #require(answer.text, "\(answer.http)")
    }

    private static func convertTime(_ client: SessionClient) async throws {
        let converted = try await text(
            client, "time__convert_time",
            ["source_timezone": "Asia/Kolkata", "time": "12:00", "target_timezone": "UTC"])
        let result = try JSONTree(parsing: converted)
        #expect(result["target"]?["datetime"]?.string?.contains("T06:30:00") == true, "\(converted)")
        #expect(result["time_difference"] == "-5.5h")
    }

    private static func readRepository(_ path: String, _ client: SessionClient) async throws {
        let status = try await text(client, "git__git_status", ["repo_path": .string(path)])
        #expect(status.contains("On branch trunk") && status.contains("untracked.txt"), "\(status)")
        let log = try await text(client, "git__git_log", ["repo_path": .string(path), "max_count": 5])
        #expect(log.contains("The first commit") && log.contains("Tester"), "\(log)")
    }

    private static func changeDatabase(_ client: SessionClient) async throws {
        _ = try await text(
            client, "sqlite__create_table", ["query": "CREATE TABLE peaks (name TEXT, metres INTEGER)"])
        let change = try await text(
            client, "sqlite__write_query",
            ["query": "INSERT INTO peaks VALUES ('Eiger', 3967), ('Mönch', 4110), ('Säntis', 2502)"])
        #expect(change.contains("'affected_rows': 3"), "\(change)")
        let rows = try await text(
            client, "sqlite__read_query", ["query": "SELECT name FROM peaks WHERE metres > 3000 ORDER BY metres"])
        #expect(rows == "[{'name': 'Eiger'}, {'name': 'Mönch'}]")
    }

    /// The database server has a resource that its tool changes, and a prompt that wants an argument.
    private static func writeMemo(_ client: SessionClient) async throws {
        let resources = try await client.request("resources/list").result?["resources"]?.elements ?? []
        #expect(resources.contains { $0["uri"] == "memo://insights" })
        _ = try await text(client, "sqlite__append_insight", ["insight": "The Mönch is high."])
        let memo = try await client.request("resources/read", ["uri": "memo://insights"])
        #expect(
            memo.result?["contents"]?[0]?["text"]?.string?.contains("The Mönch is high.") == true, "\(memo.http)")
        let prompts = try await client.request("prompts/list").result?["prompts"]?.elements ?? []
        #expect(Set(prompts.compactMap { $0["name"]?.string }) == ["sqlite__mcp-demo", "fastmcp__greet"])
        let demo = try await client.request(
            "prompts/get", ["name": "sqlite__mcp-demo", "arguments": ["topic": "alpine peaks"]])
        #expect(
            demo.result?["messages"]?[0]?["content"]?["text"]?.string?.contains("alpine peaks") == true,
            "\(demo.http)")
        let note = try await client.request("resources/read", ["uri": "note://one"])
        #expect(note.result?["contents"]?[0]?["text"] == "first note", "\(note.http)")
    }

    private static func add(_ client: SessionClient) async throws {
        let sum = try await client.call("fastmcp__add", ["a": 20, "b": 22])
        #expect(sum.text == "42" && sum.result?["structuredContent"]?["result"] == 42, "\(sum.http)")
        let weather = try await client.call("fastmcp__structured", ["city": "Bern"])
        #expect(
            weather.result?["structuredContent"]?.means(["city": "Bern", "celsius": 7.5.json, "tags": ["cloudy"]])
                == true, "\(weather.http)")
    }

    private static func reportProgress(_ client: SessionClient) async throws {
        let answer = try await client.call(
            "fastmcp__progress", ["steps": 4, "delayMs": 20], meta: ["progressToken": "steps of four"])
        #expect(answer.text == "4 steps", "\(answer.http)")
        let progress = answer.notifications.filter { $0["method"] == "notifications/progress" }
        #expect(progress.allSatisfy { $0["params"]?["progressToken"] == "steps of four" })
        #expect(progress.compactMap { $0["params"]?["progress"]?.double } == [1, 2, 3, 4])
    }

    // MARK: Losses

    private static func killChild(_ gateway: GatewayFixture, _ client: SessionClient, _ repository: String) async throws
    {
        let before = try await gateway.waitForServer("time")
        let pid = Int32(try #require(before["pid"]?.int))
        kill(pid, SIGKILL)
        try await GatewayFixture.waitForEnd(of: [pid])
        // At once, and not an answer only when the server is back.
        let meanwhile = try await client.call("time__get_current_time", ["timezone": "UTC"])
        #expect(meanwhile.response != nil, "\(meanwhile.http)")
        try await readRepository(repository, client)
        try await add(client)
        _ = try await text(client, "sqlite__list_tables", [:])

        try await gateway.wait(for: "a new time server", within: .seconds(60)) {
            let row = try await gateway.json("/v1/servers/time")
            return row["state"] == "ready" && row["pid"] != before["pid"] ? () : nil
        }
        try await convertTime(client)
    }

    private static func killRemote(
        _ gateway: GatewayFixture, _ client: SessionClient, _ server: RunningProcess, _ port: Int
    ) async throws {
        server.send(signal: SIGKILL)
        try await server.exit()
        let meanwhile = try await client.call("fastmcp__add", ["a": 1, "b": 1])
        #expect(meanwhile.isToolError || meanwhile.error != nil, "\(meanwhile.http)")
        try await convertTime(client)
        _ = try await text(client, "sqlite__list_tables", [:])

        try await PublishedServers.withFastMCP(port: port) { _, _ in
            try await gateway.wait(for: "an answer of the new server", within: .seconds(60)) {
                let answer = try await client.call("fastmcp__echo", ["message": "back"])
                return answer.text == "back" ? () : nil
            }
            try await add(client)
        }
    }
}

extension Double {
    /// The number as JSON.
    fileprivate var json: JSONTree { .number(String(self)) }
}
