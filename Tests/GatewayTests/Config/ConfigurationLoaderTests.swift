import Configuration
import Testing

@testable import Gateway

@Suite("Reading gateway.json")
struct ConfigurationLoaderTests {
    @Test("every key of a full file arrives where it belongs")
    func everyKey() throws {
        let outcome = parse(richSample, richVariables, files: richFiles)
        #expect(outcome.errors == [])
        #expect(
            outcome.warnings.map(\.path) == [
                "$.toolsets", "$.telemetry",
            ],
            "\(outcome.lines)")
        let configuration = try #require(outcome.configuration)

        var limits = LimitsConfiguration()
        limits.maxConnections = 500
        limits.maxHeaderBytes = 32 << 10
        limits.maxBodyBytes = 8 << 20
        limits.headerTimeout = .seconds(5)
        limits.bodyTimeout = .seconds(20)
        limits.idleTimeout = .seconds(60)
        limits.writeTimeout = nil
        limits.maxJSONDepth = 64
        limits.maxMessageBytes = 1 << 20
        limits.maxResultBytes = 1 << 30
        limits.maxInFlight = 100
        limits.maxInFlightPerServer = 50
        limits.maxSessions = 20
        limits.sessionIdle = .seconds(3600)
        limits.maxStreamBacklogBytes = 64 << 10
        limits.streamKeepAlive = nil
        limits.maxStderrBytes = 4000
        limits.stopTimeout = .seconds(1)
        limits.drainTimeout = .seconds(30)

        let timeouts = TimeoutConfiguration(
            connect: .seconds(5), list: .seconds(20), call: .seconds(45), idle: .seconds(60), max: .seconds(1200))
        let pool = PoolConfiguration(share: .user, max: 6, idle: nil)
        var githubTimeouts = timeouts
        githubTimeouts.call = .seconds(60)
        githubTimeouts.max = nil
        let github = ServerConfiguration(
            name: "github", description: "Code hosting",
            transport: .http(
                url: "https://api.example.com/mcp",
                headers: [NamedValue("Authorization", "Bearer ghp_0123456789"), NamedValue("X-Team", "core")],
                kind: .auto),
            timeouts: githubTimeouts, pool: pool,
            tools: ToolFilterConfiguration(
                deny: [NamePattern("delete_*")],
                overrides: [
                    "create_issue": ToolOverride(
                        name: "new_issue", description: "Opens an issue", timeout: .after(.seconds(20)))
                ]),
            protocolEra: .legacy, maxInFlight: 20)
        let playwright = ServerConfiguration(
            name: "playwright",
            transport: .stdio(
                command: "npx", arguments: ["-y", "@playwright/mcp", "--token", "file-secret-1"],
                environment: [NamedValue("B", "2"), NamedValue("A", "x")], workingDirectory: "/etc/mcp/work"),
            timeouts: timeouts, pool: PoolConfiguration(share: .session, max: 4, idle: .seconds(600)), maxInFlight: 50)
        let old = ServerConfiguration(
            name: "old", prefix: "legacy",
            transport: .http(url: "http://127.0.0.1:9000/sse", headers: [], kind: .sse),
            timeouts: timeouts, pool: pool, maxInFlight: 50, isDisabled: true)
        let expected = GatewayConfiguration(
            listen: [.tcp(host: "127.0.0.1", port: 8808), .tcp(host: "::1", port: 0), .unix(path: "/run/mcp.sock")],
            servers: [github, playwright, old],
            defaults: ServerDefaults(timeouts: timeouts, pool: pool),
            naming: NamingConfiguration(separator: "--", maxLength: 60, prefix: .always),
            catalog: CatalogConfiguration(listWait: .zero, refresh: .seconds(60), maxItemsPerServer: 100, pageSize: 50),
            limits: limits, state: StateConfiguration(dir: "/var/lib/mcp"), auth: .anyone, loops: 2,
            allowedOrigins: ["https://app.example.com", "*"], allowedHosts: ["mcp.example.com", "::1"],
            logLevel: .debug,
            redactor: Redactor(secrets: [
                Redactor.Secret("ghp_0123456789", label: "GITHUB_TOKEN"),
                Redactor.Secret("file-secret-1", label: "file:/etc/mcp/token"),
            ]))
        for (server, wanted) in zip(configuration.servers, expected.servers) { #expect(server == wanted) }
        #expect(configuration.limits == expected.limits)
        #expect(configuration == expected)
    }

    @Test("mcpServers alone is a complete configuration with the documented defaults")
    func minimal() throws {
        let outcome = parse(#"{"mcpServers":{"x":{"command":"/bin/x"}}}"#)
        #expect(outcome.findings == [])
        let configuration = try #require(outcome.configuration)
        #expect(
            configuration
                == GatewayConfiguration(servers: [
                    ServerConfiguration(
                        name: "x",
                        transport: .stdio(
                            command: "/bin/x", arguments: [], environment: [], workingDirectory: "/etc/mcp"))
                ]))
        #expect(configuration.listen == [.tcp(host: "127.0.0.1", port: 8808)])
        #expect(configuration.servers[0].timeouts.max == .seconds(900))
        #expect(!configuration.usesPrefixes)
    }

    @Test(
        "what cannot be read at all is one clear finding with its place",
        arguments: [
            ("", "$", nil, nil, "the file is empty"),
            (" \n// nothing\n", "$", nil, nil, "the file is empty"),
            ("{\n  \"mcpServers\": {\n    \"a\": 1 \"b\"\n}", "$", 3, 12, "unexpected \"\"\""),
            ("{'a': 1}", "$", 1, 2, "double quotes"),
            ("{\"a\": ", "$", 1, 7, "ends in the middle"),
            ("{\"a\": 01}", "$", 1, 8, "not a number"),
            ("{\"a\": \"C:\\Users\"}", "$", 1, 11, "backslash"),
            ("{} {}", "$", 1, 4, "after the end"),
            ("{\"a\": \"x\ny\"}", "$", 1, 9, "control character"),
            ("{} /* x", "$", 1, 4, "never ends"),
            ("{,}", "$", 1, 2, "unexpected \",\""),
            (String(repeating: "[", count: 200), "$", 1, 129, "deeper than 128"),
            ("[]", "$", 1, 1, "must be an object, not a list"),
            ("\"text\"", "$", 1, 1, "must be an object, not a string"),
            ("null", "$", 1, 1, "must be an object, not null"),
        ] as [(String, String, Int?, Int?, String)])
    func unreadable(text: String, path: String, line: Int?, column: Int?, message: String) throws {
        let outcome = parse(text)
        #expect(outcome.configuration == nil)
        let finding = try #require(outcome.errors.first)
        #expect(outcome.errors.count == 1)
        #expect(finding.path == path)
        #expect(finding.line == line)
        #expect(finding.column == column)
        #expect(finding.message.contains(message), "\(finding.message)")
    }

    @Test("a syntax error shows its line")
    func excerpt() throws {
        let finding = try #require(parse("{\n\t\"a\": 1 \"b\": 2\n}").findings.first)
        #expect(finding.excerpt == "\"a\": 1 \"b\": 2")
        #expect(finding.rendered(file: "gateway.json").hasPrefix("gateway.json:2:9: error: unexpected"))
        #expect(finding.rendered(file: "gateway.json").hasSuffix(" | \"a\": 1 \"b\": 2"))
        #expect(!finding.rendered(file: "gateway.json", withExcerpt: false).contains("|"))
    }

    @Test("a file that is not UTF-8 says where")
    func encoding() throws {
        let bytes = Array("{\n  // ".utf8) + [0xFF] + Array("\n}".utf8)
        let finding = try #require(ConfigurationLoader.parse(bytes, environment: environment()).findings.first)
        #expect((finding.line, finding.column) == (2, 6))
        #expect(finding.message.contains("not UTF-8"))
        let utf16 = ConfigurationLoader.parse([0xFF, 0xFE, 0x7B, 0, 0x7D, 0], environment: environment())
        #expect(utf16.findings.first?.message.contains("UTF-16") ?? false)
    }

    @Test("a byte order mark is accepted, and columns stay true")
    func byteOrderMark() throws {
        let outcome = parse("\u{FEFF}{\"mcpServers\":{\"x\":{\"command\":\"x\"}}}")
        #expect(outcome.findings == [])
    }

    @Test("a file beyond the limit is refused")
    func tooLarge() {
        let bytes = [UInt8](repeating: UInt8(ascii: " "), count: ConfigurationLoader.maxFileBytes + 1)
        let outcome = ConfigurationLoader.parse(bytes, environment: environment())
        #expect(outcome.lines == ["error: $: the file has 4194305 bytes; the limit is 4194304"])
    }

    @Test("a finding is rendered as one line with place, severity and path")
    func rendering() {
        let outcome = parse("{\n  \"mcpServers\": {\n    \"x\": { \"url\": \"ftp://h\\n\" }\n  }\n}")
        #expect(
            outcome.findings.map { $0.rendered(file: "gateway.json") } == [
                #"gateway.json:3:12: error: $.mcpServers.x.url: "ftp://h\u{a}" has the scheme "ftp"; only http and https are spoken"#
            ])
        #expect(Finding(.error, at: "$", "the file is empty").rendered(file: "f") == "f: error: the file is empty")
        #expect(
            Finding(.warning, at: "$", line: 1, column: 2, "m").rendered(file: "f") == "f:1:2: warning: m")
    }

    @Test("findings come in the order of the file, all of them")
    func everyFinding() {
        let outcome = parse(
            """
            { "listen": "nowhere", "workers": 0,
              "mcpServers": { "a": {}, "b": { "command": 1, "args": {} } },
              "limits": { "maxBodyBytes": "off" }, "logLevel": "loud" }
            """)
        #expect(
            outcome.errors.map(\.path) == [
                "$.listen", "$.workers", "$.mcpServers.a", "$.mcpServers.b.command", "$.mcpServers.b.args",
                "$.limits.maxBodyBytes", "$.logLevel",
            ])
        #expect(outcome.errors.map(\.line) == [1, 1, 2, 2, 2, 3, 3])
    }

    @Test("a secret never stands in a finding")
    func redactedFindings() {
        let outcome = parseServer(#"{"url":"ftp://${HOST}/x", "type":"${HOST}"}"#, ["HOST": "hidden-host"])
        #expect(outcome.errors.count == 2)
        #expect(!outcome.lines.joined().contains("hidden-host"))
        #expect(outcome.lines.joined().contains("[redacted:HOST]"))
    }

    @Test("warnings alone do not keep the configuration back")
    func warningsOnly() {
        let outcome = parse(#"{"mcpServers":{}, "unheard":1}"#)
        #expect(outcome.configuration != nil)
        #expect(outcome.has(.warning, at: "$.mcpServers", containing: "no server is configured"))
        #expect(outcome.has(.warning, at: "$.unheard", containing: "not a known key"))
        #expect(parse("{}").has(.warning, at: "$", containing: "no server is configured"))
    }

    // MARK: Files

    @Test("a file is loaded by its path, and relative paths start from its folder")
    func loading() throws {
        let files = [
            "/srv/conf/gateway.json": #"{"mcpServers":{"x":{"command":"./run","args":["${file:key}"]}}}"#,
            "/srv/conf/key": "key-of-x",
        ]
        let outcome = ConfigurationLoader.load(
            path: "conf/gateway.json", environment: environment(files: files, directory: "/srv"))
        #expect(outcome.findings == [])
        #expect(
            outcome.configuration?.servers.first?.transport
                == .stdio(
                    command: "/srv/conf/run", arguments: ["key-of-x"], environment: [], workingDirectory: "/srv/conf"))
    }

    @Test("an editor's own folder is not where relative paths start", arguments: [".vscode", ".cursor"])
    func editorFolder(name: String) {
        let files = ["/src/\(name)/mcp.json": #"{"mcpServers":{"x":{"command":"${workspaceFolder}/run"}}}"#]
        let outcome = ConfigurationLoader.load(path: "/src/\(name)/mcp.json", environment: environment(files: files))
        #expect(
            outcome.configuration?.servers.first?.transport
                == .stdio(command: "/src/run", arguments: [], environment: [], workingDirectory: "/src"))
    }

    @Test("a file that cannot be read is a finding")
    func missing() {
        let outcome = ConfigurationLoader.load(path: "none.json", environment: environment())
        #expect(outcome.lines == ["error: $: the file cannot be read: No such file or directory"])
        #expect(outcome.configuration == nil)
    }
}
