import Configuration
import Gateway
import Testing

/// Files in the shapes other tools write; each has to start the gateway as it is.
@Suite("Files of other tools")
struct PastedFilesTests {
    private func transports(_ outcome: ConfigurationOutcome) -> [ServerTransport] {
        outcome.configuration?.servers.map(\.transport) ?? []
    }

    @Test("Claude Desktop")
    func claudeDesktop() {
        let outcome = parse(
            #"""
            {
              "globalShortcut": "Ctrl+Space",
              "mcpServers": {
                "filesystem": {
                  "command": "npx",
                  "args": ["-y", "@modelcontextprotocol/server-filesystem", "/Users/ann/Desktop", "C:\\Users\\ann"]
                },
                "brave-search": {
                  "command": "npx", "args": ["-y", "@modelcontextprotocol/server-brave-search"],
                  "env": { "BRAVE_API_KEY": "YOUR_API_KEY_HERE" }
                }
              }
            }
            """#)
        #expect(outcome.errors == [])
        #expect(
            transports(outcome) == [
                .stdio(
                    command: "npx",
                    arguments: [
                        "-y", "@modelcontextprotocol/server-filesystem", "/Users/ann/Desktop", #"C:\Users\ann"#,
                    ],
                    environment: [], workingDirectory: "/etc/mcp"),
                .stdio(
                    command: "npx", arguments: ["-y", "@modelcontextprotocol/server-brave-search"],
                    environment: [NamedValue("BRAVE_API_KEY", "YOUR_API_KEY_HERE")], workingDirectory: "/etc/mcp"),
            ])
        #expect(outcome.warnings.map(\.path) == ["$.globalShortcut", "$.mcpServers.brave-search.env.BRAVE_API_KEY"])
    }

    @Test("Claude Code")
    func claudeCode() {
        let outcome = parse(
            #"""
            {
              "mcpServers": {
                "local": { "type": "stdio", "command": "${HOME}/bin/server", "args": [], "env": { "CACHE_DIR": "/tmp" } },
                "api": { "type": "http", "url": "${API_BASE_URL:-https://api.example.com}/mcp",
                         "headers": { "Authorization": "Bearer ${API_KEY}" } },
                "events": { "type": "sse", "url": "https://mcp.example.com/sse", "timeout": 600000 }
              }
            }
            """#, ["HOME": "/home/ann", "API_KEY": "key-0123456789"])
        #expect(outcome.errors == [])
        #expect(
            transports(outcome) == [
                .stdio(
                    command: "/home/ann/bin/server", arguments: [], environment: [NamedValue("CACHE_DIR", "/tmp")],
                    workingDirectory: "/etc/mcp"),
                .http(
                    url: "https://api.example.com/mcp", headers: [NamedValue("Authorization", "Bearer key-0123456789")],
                    kind: .auto),
                .http(url: "https://mcp.example.com/sse", headers: [], kind: .sse),
            ])
        #expect(outcome.warnings.map(\.path) == ["$.mcpServers.events.timeout"])
        #expect(outcome.configuration?.servers.last?.timeouts.call == .seconds(600))
    }

    @Test("Cursor")
    func cursor() {
        let files = [
            "/src/.cursor/mcp.json": #"""
            {
              "mcpServers": {
                "local": {
                  "type": "stdio", "command": "python", "args": ["${workspaceFolder}/tools/server.py", "--name", "${workspaceFolderBasename}"],
                  "env": { "API_KEY": "${env:API_KEY}" }, "envFile": "${workspaceFolder}/.env"
                },
                "remote": { "url": "http://localhost:3000/mcp", "headers": { "X-Key": "${env:API_KEY}" },
                            "auth": { "CLIENT_ID": "id" }, "autoApprove": ["read"], "disabled": false }
              }
            }
            """#, "/src/.env": "# local\nMODE=dev\n",
        ]
        let outcome = ConfigurationLoader.load(
            path: "/src/.cursor/mcp.json", environment: environment(["API_KEY": "key-0123456789"], files: files))
        #expect(outcome.errors == [])
        #expect(
            transports(outcome) == [
                .stdio(
                    command: "python", arguments: ["/src/tools/server.py", "--name", "src"],
                    environment: [NamedValue("MODE", "dev"), NamedValue("API_KEY", "key-0123456789")],
                    workingDirectory: "/src"),
                .http(url: "http://localhost:3000/mcp", headers: [NamedValue("X-Key", "key-0123456789")], kind: .auto),
            ])
        #expect(outcome.warnings.map(\.path) == ["$.mcpServers.remote.auth", "$.mcpServers.remote.autoApprove"])
    }

    @Test("VS Code, as long as nobody is asked")
    func visualStudioCode() {
        let files = [
            "/src/.vscode/mcp.json": #"""
            {
              // Servers of this workspace
              "inputs": [{ "type": "promptString", "id": "key", "description": "API key", "password": true }],
              "servers": {
                "fetch": { "type": "stdio", "command": "uvx", "args": ["mcp-server-fetch"], "cwd": "${workspaceFolder}/sub",
                           "env": { "PORT": 3000, "EMPTY": null }, "dev": { "watch": "src/**/*.ts" } },
                "github": { "type": "http", "url": "https://api.example.com/mcp/", "gallery": true, "version": "1.0.0" },
              },
            }
            """#
        ]
        let outcome = ConfigurationLoader.load(path: "/src/.vscode/mcp.json", environment: environment(files: files))
        #expect(outcome.errors == [])
        #expect(
            transports(outcome) == [
                .stdio(
                    command: "uvx", arguments: ["mcp-server-fetch"], environment: [NamedValue("PORT", "3000")],
                    workingDirectory: "/src/sub"),
                .http(url: "https://api.example.com/mcp/", headers: [], kind: .auto),
            ])
        #expect(
            outcome.warnings.map(\.path) == [
                "$.inputs", "$.servers.fetch.env.EMPTY", "$.servers.fetch.dev", "$.servers.github.gallery",
                "$.servers.github.version",
            ])
    }

    @Test("VS Code with an input: the error names it")
    func visualStudioCodeInput() {
        let outcome = parse(
            #"{"inputs":[{"id":"gh-token"}],"servers":{"x":{"url":"https://h/mcp","headers":{"Authorization":"Bearer ${input:gh-token}"}}}}"#
        )
        #expect(outcome.errors.count == 1)
        #expect(outcome.has(.error, at: "$.servers.x.headers.Authorization", containing: "the input \"gh-token\""))
        #expect(outcome.has(.error, at: "$.servers.x.headers.Authorization", containing: "${GH_TOKEN}"))
    }

    @Test("the settings.json of VS Code")
    func visualStudioCodeSettings() {
        let outcome = parse(#"{"mcp":{"inputs":[],"servers":{"x":{"command":"x"}}}}"#)
        #expect(outcome.errors == [])
        #expect(outcome.configuration?.servers.map(\.name) == ["x"])
        #expect(outcome.explained(server: "x").contains { $0.path == "$.mcp.servers.x.command" })
    }

    @Test("FastMCP")
    func fastMCP() {
        let outcome = parse(
            #"""
            {
              "$schema": "https://gofastmcp.com/public/schemas/mcp.json/v1.json",
              "mcpServers": {
                "weather": { "url": "https://weather.example.com/mcp", "transport": "http", "auth": "token-0123456789",
                             "timeout": 30000, "description": "Weather", "icon": "https://example.com/i.png" },
                "assistant": { "command": "python", "args": ["./assistant.py"], "transport": "stdio", "keep_alive": false,
                               "env": { "LOG": "1" }, "authentication": {} },
                "stream": { "url": "https://s.example.com/mcp", "transport": "streamable-http", "headers": {}, "sse_read_timeout": 10,
                            "auth": "oauth" },
                "events": { "url": "https://e.example.com/sse", "transport": "sse" }
              }
            }
            """#)
        #expect(outcome.errors == [])
        #expect(
            transports(outcome) == [
                .http(
                    url: "https://weather.example.com/mcp",
                    headers: [NamedValue("Authorization", "Bearer token-0123456789")],
                    kind: .auto),
                .stdio(
                    command: "python", arguments: ["./assistant.py"], environment: [NamedValue("LOG", "1")],
                    workingDirectory: "/etc/mcp"),
                .http(url: "https://s.example.com/mcp", headers: [], kind: .streamable),
                .http(url: "https://e.example.com/sse", headers: [], kind: .sse),
            ])
        #expect(outcome.configuration?.servers.first?.description == "Weather")
        #expect(
            outcome.warnings.map(\.path) == [
                "$.mcpServers.weather.timeout", "$.mcpServers.weather.icon", "$.mcpServers.assistant.keep_alive",
                "$.mcpServers.assistant.authentication", "$.mcpServers.stream.sse_read_timeout",
                "$.mcpServers.stream.auth",
            ])
    }
}
