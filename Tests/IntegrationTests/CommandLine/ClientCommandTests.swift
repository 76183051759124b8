import Glibc
import TestSupport
import Testing

@Suite(
    "Commands against a running gateway",
    .gateway {
        [
            "mcpServers": [
                "one": try ReferenceServer.stdio(["--tools", "2"]), "two": try ReferenceServer.stdio(),
                "broken": ["command": "/does/not/exist"],
            ]
        ]
    })
struct ClientCommandTests {
    // MARK: servers and tools

    @Test("servers prints a row for each server, plain in a pipe")
    func servers() async throws {
        let run = try await Command.run(["servers"], at: .shared())
        #expect(run.exit == .code(0), "\(run.errors)")
        let lines = run.output.split(separator: "\n").map(String.init)
        #expect(lines.count == 4)
        #expect(lines.first?.hasPrefix("NAME    STATE   TRANSPORT  ERA     REVISION") == true)
        #expect(lines.contains { $0.hasPrefix("one     ready   stdio      legacy  2025-11-25") })
        #expect(lines.contains { $0.hasPrefix("broken  ") && $0.contains("No such file or directory") })
        #expect(!run.output.contains("\u{1B}"))
    }

    @Test("servers --json prints what the gateway answers")
    func serversJSON() async throws {
        let run = try await Command.run(["servers", "--json"], at: .shared())
        #expect(run.exit == .code(0))
        let rows = try JSONTree(parsing: run.output)["servers"]?.elements
        #expect(rows?.compactMap { $0["name"]?.string } == ["one", "two", "broken"])
    }

    @Test("the URL is taken from --url, too, with /mcp or without", arguments: ["", "/mcp", "/mcp/"])
    func url(suffix: String) async throws {
        let gateway = try GatewayFixture.shared()
        let run = try await Command.run(
            ["tools", "--url", "http://127.0.0.1:\(gateway.port)\(suffix)", "--server", "one", "echo"])
        #expect(run.exit == .code(0), "\(run.errors)")
        #expect(
            run.output == """
                TOOL       SERVER  STATE  DESCRIPTION
                one__echo  one     live   Answers the message it was given.

                """)
    }

    @Test("tools --json has the schemas")
    func toolsJSON() async throws {
        let run = try await Command.run(["tools", "--json", "one__echo"], at: .shared())
        let tools = try JSONTree(parsing: run.output)["tools"]?.elements
        #expect(tools?.first?["inputSchema"]?["type"] == "object")
    }

    @Test("a query that nothing matches is no failure")
    func noTools() async throws {
        let run = try await Command.run(["tools", "no such tool & nothing=like it"], at: .shared())
        #expect(run.exit == .code(0))
        #expect(run.output.isEmpty)
        #expect(run.errors == "no tools match \"no such tool & nothing=like it\"\n")
    }

    @Test("tools of an unknown server are a failure")
    func unknownServer() async throws {
        try await Command.run(["tools", "--server", "three"], at: .shared()).expectFailure(1, "no server \"three\"")
    }

    // MARK: call

    @Test("call prints the text of the result")
    func call() async throws {
        let run = try await Command.run(["call", "one__echo", #"{"message":"hëllo\nworld"}"#], at: .shared())
        #expect(run.exit == .code(0))
        #expect(run.output == "hëllo\nworld\n")
        #expect(run.errors.isEmpty)
    }

    @Test("arguments come from standard input or a file as well")
    func argumentSources() async throws {
        let gateway = try GatewayFixture.shared()
        let input = try await Command.run(["call", "one__echo", "-"], at: gateway, input: #"{"message":"in"}"#)
        #expect(input.output == "in\n")
        let directory = try TemporaryDirectory()
        let file = try directory.write(#"{"message":"file"}"#, to: "arguments.json")
        let run = try await Command.run(["call", "one__echo", "@\(file)"], at: gateway)
        #expect(run.output == "file\n")
    }

    @Test("content that is no text is described; --json prints it all")
    func otherContent() async throws {
        let gateway = try GatewayFixture.shared()
        let run = try await Command.run(["call", "one__mixed"], at: gateway)
        let lines = run.output.split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines.first == "mixed content")
        #expect(lines.dropFirst().first?.hasPrefix("[image: image/png, ") == true)
        let whole = try await Command.run(["call", "one__mixed", "--json"], at: gateway)
        #expect(try JSONTree(parsing: whole.output)["content"]?[1]?["mimeType"] == "image/png")
    }

    @Test("a result far larger than one message of the stream comes whole")
    func large() async throws {
        let run = try await Command.run(["call", "one__large", #"{"bytes":3000000}"#], at: .shared())
        #expect(run.exit == .code(0), "\(run.errors)")
        #expect(run.output.utf8.count == 3_000_001)
    }

    @Test("progress is seen while the call runs, on standard error")
    func progress() async throws {
        let command = try Command.command(
            ["call", "one__progress", #"{"steps":3,"delayMs":400}"#], at: .shared())
        try await RunningProcess.with(command) { process in
            try await process.errorLine("first step") { $0.hasPrefix("[1/3] ") }
            #expect(process.exitIfEnded == nil)
            #expect(process.standardOutput.bytes.isEmpty)
            #expect(try await process.exit() == .code(0))
            #expect(process.standardError.lines.count == 3)
            #expect(process.standardOutput.text == "3 steps done\n")
        }
    }

    @Test("a result that is an error is exit code 1")
    func isError() async throws {
        let run = try await Command.run(["call", "one__fail", #"{"message":"no"}"#], at: .shared())
        #expect(run.exit == .code(1))
        #expect(run.output == "no\n")
        #expect(run.errors == "mcp-gateway: one__fail answered with an error\n")
    }

    @Test("an unknown tool is told with those near it")
    func unknownTool() async throws {
        try await Command.run(["call", "one__ecoh"], at: .shared())
            .expectFailure(1, "Unknown tool: one__ecoh", "did you mean one__echo")
    }

    @Test("an error instead of a result is told with its code")
    func protocolError() async throws {
        try await Command.run(["call", "one__protocol_error", #"{"code":-32050,"message":"odd"}"#], at: .shared())
            .expectFailure(1, "odd", "-32050")
    }

    @Test("bad arguments are not sent", arguments: ["{bad", "[1]", "@/does/not/exist"])
    func badArguments(operand: String) async throws {
        try await Command.run(["call", "one__echo", operand], at: .shared()).expectFailure(
            2, "try mcp-gateway call --help")
    }

    @Test("a call that takes too long is cancelled at the server")
    func timeout() async throws {
        let gateway = try GatewayFixture.shared()
        let before = try await gateway.json("/v1/servers/two")["inFlight"]?.int
        #expect(before == 0)
        try await Command.run(["call", "two__hang", "--timeout", "300ms"], at: gateway)
            .expectFailure(1, "two__hang: no answer within 300ms")
        try await gateway.wait(for: "end of the call at the server") {
            try await gateway.text(calling: "two__inflight") == "0" ? () : nil
        }
    }

    @Test("an interrupt cancels the call at the server", arguments: [(SIGINT, Int32(130)), (SIGTERM, Int32(143))])
    func interrupt(signal: Int32, code: Int32) async throws {
        // A gateway of its own: the fact to wait for is a call in flight.
        let configuration: JSONTree = ["mcpServers": ["only": try ReferenceServer.stdio()]]
        try await GatewayFixture.with(configuration) { gateway in
            let command = try Command.command(["call", "hang"], at: gateway)
            try await RunningProcess.with(command) { process in
                try await gateway.wait(for: "the call at the server") {
                    try await gateway.text(calling: "inflight") == "1" ? () : nil
                }
                process.send(signal: signal)
                #expect(try await process.exit() == .code(code), "\(process.transcript)")
                #expect(process.standardOutput.bytes.isEmpty)
                #expect(process.standardError.bytes.isEmpty)
            }
            try await gateway.wait(for: "cancellation at the server") {
                try await gateway.text(calling: "inflight") == "0" ? () : nil
            }
            #expect(try await gateway.text(calling: "received_cancellations") != "[]")
        }
    }
}
