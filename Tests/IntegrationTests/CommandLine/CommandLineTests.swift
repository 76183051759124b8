import Glibc
import TestSupport
import Testing

@Suite("Command line without a gateway")
struct CommandLineTests {
    // MARK: Usage

    @Test(
        "--help of every command",
        arguments: ["serve", "check", "explain", "servers", "tools", "resources", "prompts", "call"])
    func help(command: String) async throws {
        for arguments in [[command, "--help"], [command, "-h"], ["help", command]] {
            let run = try await Command.run(arguments)
            #expect(run.exit == .code(0))
            #expect(run.output.hasPrefix("Usage: mcp-gateway \(command)"))
            #expect(run.errors.isEmpty)
        }
    }

    @Test("--help and --version of the program")
    func program() async throws {
        #expect(try await Command.run(["--help"]).output.hasPrefix("Usage: mcp-gateway COMMAND"))
        for arguments in [["--version"], ["call", "--version"]] {
            let run = try await Command.run(arguments)
            #expect(run.exit == .code(0))
            #expect(run.output.hasPrefix("mcp-gateway 0."))
        }
    }

    @Test(
        "arguments that make no sense are exit code 2 and one line",
        arguments: [
            ([], "a command is missing"),
            (["sevre"], "unknown command \"sevre\"; did you mean \"serve\"?"),
            (["help", "sevre"], "unknown command \"sevre\""),
            (["--nonsense"], "unknown option \"--nonsense\""),
            (["servers", "--jsno"], "unknown option \"--jsno\"; did you mean \"--json\"?"),
            (["tools", "a", "b"], "unexpected argument \"b\""),
            (["prompts", "--sever", "x"], "unknown option \"--sever\"; did you mean \"--server\"?"),
            (["call"], "the name of a tool is missing"),
            (["call", "a", "--timeout", "5"], "--timeout 5 has no unit"),
            (["servers", "--url", "ftp://x"], "--url ftp://x has the scheme"),
            (["serve", "--listen", "nowhere"], "--listen nowhere"),
            (["check", "--config"], "--config needs a value"),
            (["explain", "a", "b"], "unexpected argument \"b\""),
        ])
    func usage(arguments: [String], message: String) async throws {
        try await Command.run(arguments).expectFailure(2, message, "--help")
    }

    // MARK: No gateway

    @Test(
        "a gateway that does not run is told in one line",
        arguments: [["servers"], ["tools"], ["resources"], ["prompts"], ["call", "x"]])
    func absent(arguments: [String]) async throws {
        let port = try freePort()
        let run = try await Command.run(arguments + ["--url", "http://127.0.0.1:\(port)/mcp"])
        run.expectFailure(
            1, "cannot reach the gateway at http://127.0.0.1:\(port): Connection refused; is it running?")
    }

    @Test("a proxy in the environment does not stand between this machine and itself")
    func proxy() async throws {
        let port = try freePort()
        let run = try await Command.run(
            ["servers", "--url", "127.0.0.1:\(port)"], environment: ["http_proxy": "http://192.0.2.1:1"])
        run.expectFailure(1, "http://127.0.0.1:\(port): Connection refused")
    }

    @Test("what is no gateway is told by its status")
    func notAGateway() async throws {
        try await ReferenceServer.withHTTP { url, _ in
            try await Command.run(["servers", "--url", url])
                .expectFailure(1, "\(url.dropLast("/mcp".count)) answered 404")
        }
    }

    // MARK: check

    @Test("check of a good file")
    func checkGood() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(
            #"{"mcpServers":{"a":{"command":"x"},"b":{"url":"http://h/mcp"}}}"#, to: "g.json")
        let run = try await Command.run(["check", "--config", file])
        #expect(run.exit == .code(0), "\(run.output)")
        #expect(run.output == "\(file): valid, 2 servers\n")
    }

    @Test("check tells every finding with its place and its JSON path")
    func checkBad() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(
            """
            { "mcpServers": {
                "a": { "command": "x", "timeouts": { "call": "fast" } },
                "b": { "url": "ftp://h" }
            }, "listn": "127.0.0.1:1" }
            """, to: "g.json")
        let run = try await Command.run(["check", "--config", file])
        #expect(run.exit == .code(1))
        let lines = run.output.split(separator: "\n").map(String.init)
        #expect(lines.contains { $0.hasPrefix("\(file):2:") && $0.contains("error: $.mcpServers.a.timeouts.call: ") })
        #expect(lines.contains { $0.hasPrefix("\(file):3:") && $0.contains("error: $.mcpServers.b.url: ") })
        #expect(lines.contains { $0.hasPrefix("\(file):4:") && $0.contains("warning: $.listn: ") })
    }

    @Test("check refuses what serve would refuse", arguments: ["{", "", #"{"listen":"0.0.0.0:1","mcpServers":{}}"#])
    func checkRefused(text: String) async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(text, to: "g.json")
        let check = try await Command.run(["check", "--config", file])
        #expect(check.exit == .code(1))
        #expect(check.output.contains("error: "))
        let serve = try await Command.run(["serve", "--config", file])
        #expect(serve.exit == .code(1))
        #expect(!serve.errors.isEmpty)
    }

    // MARK: explain

    @Test("explain tells every setting in effect and who decided it, and no secrets")
    func explain() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(
            """
            { "mcpServers": {
                "a": { "url": "http://h/mcp", "headers": { "X-Key": "${HIDDEN}" }, "protocol": { "era": "legacy" } },
                "b": { "command": "x" }
            }, "defaults": { "timeouts": { "call": "7s" } } }
            """, to: "g.json")
        let environment = ["HIDDEN": "hush-hush"]
        let run = try await Command.run(["explain", "--config", file], environment: environment)
        #expect(run.exit == .code(0), "\(run.errors)")
        let lines = run.output.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
        for line in [
            "SETTING VALUE FROM", "$.listen [\"127.0.0.1:8808\"] default",
            "$.mcpServers.a.protocol.era \"legacy\" \(file):2", "$.mcpServers.b.protocol.era \"auto\" default",
            "$.mcpServers.b.timeouts.call \"7s\" \(file):4 (defaults)",
            "$.mcpServers.a.headers.X-Key \"[redacted:HIDDEN]\" \(file):2",
        ] { #expect(lines.contains(line), "\(line)\n\(run.output)") }
        let one = try await Command.run(["explain", "b", "--config", file], environment: environment)
        let rows = one.output.split(separator: "\n").dropFirst()
        #expect(rows.count > 10 && rows.allSatisfy { $0.hasPrefix("$.mcpServers.b.") }, "\(one.output)")
        try await Command.run(["explain", "c", "--config", file], environment: environment)
            .expectFailure(1, "no server \"c\"; there are \"a\", \"b\"")
    }

    @Test("explain of a file with errors tells these")
    func explainBad() async throws {
        let directory = try TemporaryDirectory()
        let file = try directory.write(#"{"mcpServers":{"a":{"command":7}}}"#, to: "g.json")
        let run = try await Command.run(["explain", "--config", file])
        #expect(run.exit == .code(1))
        #expect(run.output.contains("error: $.mcpServers.a.command: must be a string"), "\(run.output)")
    }

    @Test("check of a file that is not there")
    func checkMissing() async throws {
        let run = try await Command.run(["check", "--config", "/does/not/exist.json"])
        #expect(run.exit == .code(1))
        #expect(run.output.contains("No such file or directory"))
    }

    // MARK: serve

    @Test("serve says where it is, and SIGHUP does not end it")
    func serve() async throws {
        let configuration: JSONTree = [
            "mcpServers": ["a": try ReferenceServer.stdio(), "b": try ReferenceServer.stdio()]
        ]
        try await GatewayFixture.with(configuration) { gateway in
            let line = try await gateway.process.line("where it serves") { $0.hasPrefix("serving ") }
            #expect(line == "serving 2 servers at http://127.0.0.1:\(gateway.port)/mcp")
            gateway.process.send(signal: SIGHUP)
            try await gateway.process.errorLine("word on SIGHUP") { $0.contains("SIGHUP") && $0.contains("restart") }
            #expect(try await gateway.request("GET", "/healthz").status == 200)
        }
    }

    @Test("a port in use is told in one line")
    func portInUse() async throws {
        try await GatewayFixture.with(["mcpServers": ["a": try ReferenceServer.stdio()]]) { gateway in
            let file = gateway.directory.path("gateway.json")
            let run = try await Command.run(["serve", "--config", file, "--listen", "127.0.0.1:\(gateway.port)"])
            run.expectFailure(1, "cannot listen on 127.0.0.1:\(gateway.port): ", "Address already in use")
        }
    }
}
