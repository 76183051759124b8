import TestSupport
import Testing

@Suite("the merged list of tools")
struct ToolListTests {
    private func names(_ client: SessionClient) async throws -> [String] {
        let result = try await client.request("tools/list").result
        return try #require(result?["tools"]?.elements).compactMap { $0["name"]?.string }
    }

    @Test("tools of several servers: prefixed, in the order of the configuration, the same on every start")
    func order() async throws {
        let configuration: JSONTree = [
            "mcpServers": [
                "zebra": try ReferenceServer.stdio(["--tools", "20", "--page-size", "7"]),
                "ant": try ReferenceServer.stdio(["--start-delay", "100ms"]),
                "off": .object([
                    .init("command", "/does/not/exist"), .init("disabled", true),
                ]),
            ]
        ]
        var lists: [[JSONTree]] = []
        for _ in 0..<2 {
            try await GatewayFixture.with(configuration) { gateway in
                try await SessionClient.with(gateway) { client in
                    lists.append(try #require(try await client.request("tools/list").result?["tools"]?.elements))
                }
                let off = try await gateway.json("/v1/servers/off")
                #expect(off["state"] == "disabled")
            }
        }
        #expect(lists[0] == lists[1])
        let names = lists[0].compactMap { $0["name"]?.string }
        let zebra = names.filter { $0.hasPrefix("zebra__") }
        let ant = names.filter { $0.hasPrefix("ant__") }
        #expect(names == zebra + ant, "one server after the other, and nothing of the disabled one")
        #expect(zebra.count == ant.count + 20, "all pages were fetched")
        #expect(zebra.prefix(ant.count).map { $0.dropFirst(7) } == ant.map { $0.dropFirst(5) })
        #expect(lists[0].allSatisfy { $0["inputSchema"]?["type"] == "object" && $0["description"]?.string != nil })
    }

    @Test("one server's tools have no prefix")
    func singleServer() async throws {
        try await GatewayFixture.with(["mcpServers": ["only": try ReferenceServer.stdio()]]) { gateway in
            try await SessionClient.with(gateway) { client in
                let names = try await names(client)
                #expect(names.contains("echo"))
                #expect(names.allSatisfy { !$0.contains("__") })
                #expect(try await client.call("echo", ["message": "x"]).text == "x")
            }
        }
    }

    @Test("names that would be too long are shortened, stay distinct and can be called")
    func longNames() async throws {
        let long = String(repeating: "a-very-long-server-name-", count: 3)
        let configuration: JSONTree = [
            "mcpServers": .object([
                .init(long + "1", try ReferenceServer.stdio(["--name", "first"])),
                .init(long + "2", try ReferenceServer.stdio(["--name", "second"])),
                .init("with spaces and ümlauts", try ReferenceServer.stdio()),
            ])
        ]
        var seen: Set<[String]> = []
        for _ in 0..<2 {
            try await GatewayFixture.with(configuration) { gateway in
                try await SessionClient.with(gateway) { client in
                    let names = try await names(client)
                    seen.insert(names)
                    #expect(Set(names).count == names.count)
                    #expect(names.allSatisfy { $0.utf8.count <= 64 && !$0.isEmpty })
                    let allowed = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
                    #expect(names.allSatisfy { $0.allSatisfy(allowed.contains) })
                    let rows = try #require(try await gateway.json("/v1/tools")["tools"]?.elements)
                    let echoes = rows.filter { $0["originalName"] == "echo" }.compactMap { $0["name"]?.string }
                    #expect(echoes.count == 3)
                    for echo in echoes { #expect(try await client.call(echo, ["message": "x"]).text == "x") }
                }
            }
        }
        #expect(seen.count == 1, "the same names on every start")
    }

    @Test("a long list comes in pages; each tool once, in order; a list that is read goes on unchanged")
    func pages() async throws {
        let configuration: JSONTree = [
            "mcpServers": ["a": try ReferenceServer.stdio(["--tools", "40"]), "b": try ReferenceServer.stdio()],
            "catalog": ["pageSize": 7],
        ]
        try await GatewayFixture.with(configuration) { gateway in
            try await SessionClient.with(gateway) { client in
                func pages(changingAfter changed: Int? = nil) async throws -> [[String]] {
                    var pages: [[String]] = []
                    var cursor: JSONTree?
                    repeat {
                        let answer = try await client.request("tools/list", cursor.map { ["cursor": $0] } ?? [:])
                        let result = try #require(answer.result, "\(answer.http)")
                        pages.append(try #require(result["tools"]?.elements).compactMap { $0["name"]?.string })
                        cursor = result["nextCursor"]
                        if pages.count == changed {
                            #expect(try await client.call("a__change_tools").text == "added")
                            try await gateway.wait(for: "changed list") {
                                try await gateway.request("GET", "/v1/tools/a__changing").status == 200 ? () : nil
                            }
                        }
                    } while cursor != nil
                    return pages
                }
                let quiet = try await pages()
                #expect(quiet.count > 5)
                #expect(quiet.dropLast().allSatisfy { $0.count == 7 })
                let whole = try #require(try await gateway.json("/v1/tools")["tools"]?.elements)
                #expect(quiet.flatMap { $0 } == whole.compactMap { $0["name"]?.string })
                #expect(try await pages(changingAfter: 2) == quiet, "the list that was begun")
                #expect(try await pages().flatMap { $0 }.contains("a__changing"), "the next one is new")

                let bad = [
                    "", "x", "g", "g1", "g1.", "g1.0", "g1.-7", "g1.7.7", "g999.7", "g1.99999999999999999999", "7",
                ]
                for cursor in bad.map(JSONTree.string) + [7, [:], [], true] {
                    let message = SessionClient.request("tools/list", ["cursor": cursor], id: 1).description
                    _ = try await gateway.post(message, in: client).rpcError(status: 200, code: -32602, id: 1)
                }
                #expect(
                    try await client.request("tools/list", ["cursor": "g1.3"]).errorCode == -32602,
                    "no page starts there")
            }
        }
    }

    @Test("a tool nobody has is refused with the names that are near")
    func unknownTool() async throws {
        let configuration: JSONTree = [
            "mcpServers": ["one": try ReferenceServer.stdio(["--tools", "3"]), "two": try ReferenceServer.stdio()]
        ]
        try await GatewayFixture.with(configuration) { gateway in
            try await SessionClient.with(gateway) { client in
                let near = try await client.call("one__ehco")
                #expect(near.http.status == 200)
                #expect(near.errorCode == -32602)
                #expect(near.error?["message"]?.string?.contains("one__ehco") == true)
                #expect(near.error?["data"]?["similar"]?.elements?.first == "one__echo")
                let far = try await client.call("zzzzzzzzzzzzzzzzzzzz")
                #expect(far.errorCode == -32602)
                #expect(far.error?["data"]?["similar"] == [])

                // A name without its prefix is understood where only one server can be meant.
                #expect(try await client.call("tool_0001", ["a": 1]).text == #"tool_0001 {"a":1}"#)
                let ambiguous = try await client.call("echo", ["message": "x"])
                #expect(ambiguous.errorCode == -32602)
                let similar = ambiguous.error?["data"]?["similar"]?.elements ?? []
                #expect(similar.contains("one__echo") && similar.contains("two__echo"))
            }
        }
    }
}

@Suite("changes of the tools")
struct ToolListChangeTests {
    private static let changed: JSONTree = ["jsonrpc": "2.0", "method": "notifications/tools/list_changed"]

    private func names(_ client: SessionClient) async throws -> Set<String> {
        let result = try await client.request("tools/list").result
        return Set(try #require(result?["tools"]?.elements).compactMap { $0["name"]?.string })
    }

    @Test(
        "every session hears of a change, on one of its streams, and then lists the new tools",
        arguments: ["stdio", "http"])
    func changeTools(transport: String) async throws {
        try await ReferenceServer.withHTTP { url, _ in
            let server: JSONTree = transport == "http" ? ["url": .string(url)] : try ReferenceServer.stdio()
            try await GatewayFixture.with(["mcpServers": ["only": server]]) { gateway in
                try await SessionClient.with(gateway) { first in
                    try await SessionClient.with(gateway, revision: "2025-03-26") { second in
                        let older = try await first.openStream()
                        let newer = try await first.openStream()
                        let other = try await second.openStream()
                        for isListed in [true, false] {
                            _ = try await first.call("change_tools")
                            #expect(try await other.next() == Self.changed)
                            #expect(try await newer.next() == Self.changed)
                            #expect(try await names(first).contains("changing") == isListed)
                            #expect(try await names(second).contains("changing") == isListed)
                            let call = try await first.call("changing")
                            #expect(isListed ? call.text == "here" : call.errorCode == -32602)
                        }
                        // Nothing came on the older stream: a message goes to exactly one. With the newer one gone, it
                        // is the turn of the older.
                        newer.close()
                        try await gateway.wait(for: "end of the newer stream") {
                            _ = try await first.call("change_tools")
                            _ = try await other.next()
                            do {
                                return try await older.next(within: .milliseconds(200)) == Self.changed ? () : nil
                            } catch let failure as ConnectionFailure where "\(failure.kind)" == "deadline" {
                                return nil
                            }
                        }
                        older.close()
                        other.close()
                    }
                }
            }
        }
    }

    @Test("a change while no stream is open is announced on the next one")
    func missedChange() async throws {
        try await GatewayFixture.with(["mcpServers": ["only": try ReferenceServer.stdio()]]) { gateway in
            try await SessionClient.with(gateway) { client in
                _ = try await client.call("change_tools")
                try await gateway.wait(for: "changed list") {
                    try await gateway.request("GET", "/v1/tools/changing").status == 200 ? () : nil
                }
                let events = try await client.openStream()
                #expect(try await events.next() == Self.changed)
                events.close()
            }
        }
    }

    @Test("tools of a server that comes up late appear, and clients are told")
    func lateHTTPServer() async throws {
        let port = try freePort()
        let configuration: JSONTree = [
            "mcpServers": [
                "here": try ReferenceServer.stdio(), "late": ["url": .string("http://127.0.0.1:\(port)/mcp")],
            ]
        ]
        try await GatewayFixture.with(configuration) { gateway in
            let failed = try await gateway.waitForServer("late", state: "failed")
            #expect(failed["lastError"]?["message"]?.string?.isEmpty == false)
            try await SessionClient.with(gateway) { client in
                let events = try await client.openStream()
                #expect(try await names(client).allSatisfy { $0.hasPrefix("here__") })
                let early = try await client.call("late__echo", ["message": "x"])
                #expect(early.errorCode == -32602)
                #expect(early.error?["data"]?["serversNotListed"] == ["late"])
                for method in ["GET", "POST"] {
                    let plain = try await gateway.request(method, "/v1/tools/late__echo", body: "{}")
                    #expect(plain.status == 404)
                    let detail = try plain.json()["detail"]?.string ?? ""
                    #expect(detail.hasSuffix("; not listed yet: late"), "\(detail)")
                }
                try await ReferenceServer.withHTTP(port: port) { (_, _) async throws in
                    #expect(try await events.next() == Self.changed)
                    #expect(try await names(client).contains("late__echo"))
                    #expect(try await client.call("late__echo", ["message": "x"]).text == "x")
                }
                events.close()
            }
        }
    }

    @Test("a slow server delays neither the start nor the lists of the others")
    func slowServer() async throws {
        let configuration: JSONTree = [
            "mcpServers": [
                "here": try ReferenceServer.stdio(), "slow": try ReferenceServer.stdio(["--start-delay", "1500ms"]),
                "hung": try ReferenceServer.stdio(["--silent"], [.init("timeouts", ["connect": "1h"])]),
            ]
        ]
        try await GatewayFixture.with(configuration, waitsUntilReady: false) { gateway in
            try await gateway.waitForServer("here")
            let unready = try await gateway.request("GET", "/readyz")
            #expect(unready.status == 503)
            try await SessionClient.with(gateway) { client in
                let events = try await client.openStream()
                if try await !names(client).contains("slow__echo") {
                    #expect(try await gateway.json("/v1/servers/slow")["state"] != "failed")
                    #expect(try await events.next() == Self.changed)
                }
                #expect(try await names(client).contains("slow__echo"))
                #expect(try await client.call("slow__echo", ["message": "x"]).text == "x")
                #expect(try await gateway.json("/v1/servers/hung")["state"] == "connecting")
                events.close()
            }
        }
    }
}

@Suite("the stream of a session")
struct SessionStreamTests {
    @Test("a silent stream is kept alive by comments, which are no messages")
    func keepAlive() async throws {
        let configuration: JSONTree = [
            "mcpServers": ["only": try ReferenceServer.stdio()], "limits": ["streamKeepAlive": "1s"],
        ]
        try await GatewayFixture.with(configuration) { gateway in
            try await SessionClient.with(gateway) { client in
                let connection = try await gateway.connect()
                try await connection.sendRequest("GET", "/mcp", headers: client.headers)
                _ = try await connection.readHead()
                var reader = EventStreamReader()
                while reader.comments < 3 {
                    let piece = try #require(try await connection.readBody())
                    reader.append(piece)
                    // The place to resume from is no message either.
                    while let event = reader.next() { #expect(event.data.isEmpty) }
                }
                connection.close()
            }
        }
    }

    @Test("a session may have eight streams at a time; the next is refused with 429 until one is closed")
    func limit() async throws {
        try await GatewayFixture.with(["mcpServers": ["only": try ReferenceServer.stdio()]]) { gateway in
            try await SessionClient.with(gateway) { client in
                var streams: [SessionEvents] = []
                for _ in 0..<8 { streams.append(try await client.openStream()) }
                let refused = try await gateway.send("GET", in: client)
                #expect(try refused.problem(status: 429).contains("8"))
                try await SessionClient.with(gateway) { other in
                    let events = try await other.openStream()
                    events.close()
                }
                streams.removeFirst().close()
                try await gateway.wait(for: "room for a stream") {
                    let connection = try await gateway.connect()
                    defer { connection.close() }
                    try await connection.sendRequest("GET", "/mcp", headers: client.headers)
                    return try await connection.readHead().status == 200 ? () : nil
                }
                for stream in streams { stream.close() }
            }
        }
    }
}
