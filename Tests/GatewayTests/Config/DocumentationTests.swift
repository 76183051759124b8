import Configuration
import Foundation
import Testing

@testable import Gateway

@Suite("docs/configuration.md")
struct DocumentationTests {
    private func document() throws -> String {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        return try String(contentsOf: root.appendingPathComponent("docs/configuration.md"), encoding: .utf8)
    }

    /// The rows of settings in tables: key and default as they should be documented.
    private func rows<Section>(_ settings: [Setting<Section>], of section: Section) -> [String] {
        settings.map { "| `\($0.key)` | `\($0.show(section))` |" }
    }

    @Test("every key of a section is documented with the default it really has")
    func defaults() throws {
        let text = try document()
        let rows =
            rows(LimitsConfiguration.settings, of: LimitsConfiguration())
            + rows(CatalogConfiguration.settings, of: CatalogConfiguration())
            + rows(TimeoutConfiguration.settings, of: TimeoutConfiguration())
            + rows(PoolConfiguration.settings, of: PoolConfiguration())
            + rows(NamingConfiguration.settings, of: NamingConfiguration())
            + rows(ProtocolEraPreference.settings, of: ServerDefaults().protocolEra)
        #expect(rows.count == 53)
        for row in rows { #expect(text.contains(row), "\(row)") }
    }

    @Test("the examples of the document are accepted")
    func examples() throws {
        var examples = 0
        for block in try document().split(separator: "```json").dropFirst() {
            let body = block.drop { $0 != "\n" }
            let end = try #require(body.firstRange(of: "\n```"))
            var example = String(body[..<end.lowerBound])
            if example.contains("\"tools\": {\n") || example.hasPrefix("\n{ \"tools\"")
                || example.hasPrefix("\n{ \"headers\"")
            {
                // Shown without the server they belong to.
                let url = example.replacing("{ \"", with: "{ \"url\": \"http://h\", \"", maxReplacements: 1)
                example = "{\"mcpServers\":{\"x\":\(url)}}"
            }
            let outcome = parse(
                example, ["GITHUB_TOKEN": "ghp_0123456789", "STATE_KEY": "0123456789abcdef"],
                files: ["/run/secrets/github": "ghp_0123456789", "/run/secrets/old-state-key": "fedcba9876543210"])
            let unexpected = outcome.findings.filter {
                !$0.message.contains("no server is configured")
                    // The section is described for the day it will have an effect, and says that itself.
                    && !$0.message.contains("has no effect in this version: all clients share")
            }
            #expect(unexpected == [], "\(example)")
            examples += 1
        }
        #expect(examples == 10)
    }
}
