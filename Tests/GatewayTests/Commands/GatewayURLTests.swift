import Testing

@testable import Gateway

@Suite("The URL of a running gateway")
struct GatewayURLTests {
    @Test(
        "may be written with or without scheme, /mcp and slashes",
        arguments: [
            "http://127.0.0.1:8808", "http://127.0.0.1:8808/", "http://127.0.0.1:8808/mcp",
            "http://127.0.0.1:8808/mcp/", "127.0.0.1:8808", "127.0.0.1:8808/mcp",
        ])
    func spellings(text: String) throws {
        let url = try GatewayURL(parsing: text, from: "--url")
        #expect(url == .standard)
        #expect(url.endpoint == "http://127.0.0.1:8808/mcp")
    }

    @Test("a path before /mcp stays")
    func path() throws {
        #expect(try GatewayURL(parsing: "https://host/tools/mcp", from: "--url").base == "https://host/tools")
    }

    @Test(
        "what no request can be sent to is told",
        arguments: ["ftp://x", "http://", "http://a b", "http://a:0", "http://a?b"])
    func problems(text: String) {
        let error = #expect(throws: UsageError.self) { try GatewayURL(parsing: text, from: "--url") }
        #expect(error?.message.hasPrefix("--url \(text) ") == true)
    }

    @Test("the option comes before the environment, and that before the default")
    func precedence() throws {
        func url(_ words: [String], _ variable: String?) throws -> String {
            var arguments = Arguments(words)
            return try GatewayURL(&arguments, environment: variable.map { [GatewayURL.variable: $0] } ?? [:]).base
        }
        #expect(try url(["--url", "http://a"], "http://b") == "http://a")
        #expect(try url([], "http://b/mcp") == "http://b")
        #expect(try url([], "") == GatewayURL.standard.base)
        #expect(try url([], nil) == GatewayURL.standard.base)
        let error = #expect(throws: UsageError.self) { try url([], "ftp://b") }
        #expect(error?.message.hasPrefix("MCP_GATEWAY_URL ftp://b ") == true)
    }

    @Test(
        "this machine is told from others",
        arguments: [
            ("http://127.0.0.1:1", true), ("http://localhost/x", true), ("https://u:p@[::1]:1", true),
            ("http://127.example.org", false), ("http://[2001:db8::1]", false), ("http://localhost.example.org", false),
        ])
    func loopback(text: String, expected: Bool) throws {
        #expect(try GatewayURL(parsing: text, from: "--url").isLoopback == expected)
    }

    @Test("a query's value is encoded byte by byte")
    func encoding() {
        #expect(InventoryCommand.encoded("a-Z_0.~") == "a-Z_0.~")
        #expect(InventoryCommand.encoded("a b&c=ü%+") == "a%20b%26c%3D%C3%BC%25%2B")
    }
}
