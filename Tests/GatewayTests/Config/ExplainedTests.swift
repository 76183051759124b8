import Configuration
import Gateway
import Testing

@Suite("Where settings come from")
struct ExplainedTests {
    private func setting(_ path: String, in outcome: ConfigurationOutcome) -> EffectiveSetting? {
        outcome.explained().first { $0.path == path }
    }

    @Test("each setting of a server names the section and line that decided it")
    func sources() {
        let outcome = parse(
            """
            {
              "mcpServers": {
                "x": { "command": "x", "timeout": "5s",
                       "timeouts": { "idle": "1m" } },
                "y": { "url": "http://h", "protocol": { "era": "legacy" } },
                "z": { "url": "http://i", "protocol": "auto" }
              },
              "defaults": { "timeouts": { "call": "40s",
                                          "list": "9s" }, "protocol": "modern" },
              "limits": { "maxInFlightPerServer": 7 }
            }
            """)
        let expected: [(String, String, SettingSource)] = [
            ("$.mcpServers.x.command", "\"x\"", .server(line: 3)),
            ("$.mcpServers.x.timeouts.call", "\"5s\"", .server(line: 3)),
            ("$.mcpServers.x.timeouts.idle", "\"1m\"", .server(line: 4)),
            ("$.mcpServers.x.timeouts.list", "\"9s\"", .defaults(line: 9)),
            ("$.mcpServers.x.timeouts.connect", "\"10s\"", .builtIn),
            ("$.mcpServers.y.timeouts.call", "\"40s\"", .defaults(line: 8)),
            ("$.mcpServers.y.pool.max", "8", .builtIn),
            ("$.mcpServers.y.maxInFlight", "7", .file(line: 10)),
            ("$.mcpServers.y.type", "\"auto\"", .builtIn),
            ("$.defaults.protocol.era", "\"modern\"", .file(line: 9)),
            ("$.mcpServers.x.protocol.era", "\"modern\"", .defaults(line: 9)),
            ("$.mcpServers.y.protocol.era", "\"legacy\"", .server(line: 5)),
            ("$.mcpServers.z.protocol.era", "\"auto\"", .server(line: 6)),
            ("$.limits.maxInFlightPerServer", "7", .file(line: 10)),
            ("$.limits.drainTimeout", "\"10s\"", .builtIn),
            ("$.listen", "[\"127.0.0.1:8808\"]", .builtIn),
        ]
        for (path, value, source) in expected {
            #expect(setting(path, in: outcome) == EffectiveSetting(path: path, value: value, source: source))
        }
    }

    @Test("one server can be asked for alone, and secrets are not shown")
    func oneServer() {
        let outcome = parse(richSample, richVariables, files: richFiles)
        let settings = outcome.explained(server: "github")
        #expect(settings.count > 10)
        #expect(settings.allSatisfy { $0.path.hasPrefix("$.mcpServers.github.") })
        #expect(
            settings.first { $0.path == "$.mcpServers.github.headers.Authorization" }?.value
                == "\"Bearer [redacted:GITHUB_TOKEN]\"")
        #expect(outcome.explained(server: "nobody") == [])
        let everything = outcome.explained().map(\.value).joined(separator: "\n")
        #expect(!everything.contains("ghp_0123456789"))
        #expect(!everything.contains("file-secret-1"))
    }

    @Test("what is explained can be written into a file again, and means the same")
    func roundTrip() throws {
        let outcome = parse(richSample, richVariables, files: richFiles)
        let limits = outcome.explained().filter { $0.path.hasPrefix("$.limits.") }
            .map { "\"\($0.path.dropFirst("$.limits.".count))\": \($0.value)" }
        let again = parse(
            "{\"limits\": {\(limits.joined(separator: ","))}, \"mcpServers\": {\"x\": {\"command\": \"x\"}}}")
        #expect(limits.count == 36)
        #expect(again.findings == [])
        #expect(again.configuration?.limits == outcome.configuration?.limits)
    }

    @Test("where a setting is written does not make configurations differ")
    func placeDoesNotMatter() {
        let first = parse(richSample, richVariables, files: richFiles)
        let moved = parse("\n\n" + richSample, richVariables, files: richFiles)
        #expect(first.configuration == moved.configuration)
        #expect(first.provenance != moved.provenance)
        #expect(first.provenance.explicit.count == moved.provenance.explicit.count)
    }
}
