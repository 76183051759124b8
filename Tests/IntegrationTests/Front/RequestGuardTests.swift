import TestSupport
import Testing

@Suite(
    "Origin and Host", .serialized,
    .gateway {
        [
            "mcpServers": ["only": try ReferenceServer.stdio()], "allowedOrigins": ["https://app.example.com"],
            "allowedHosts": ["mcp.example.com"],
        ]
    })
struct RequestGuardTests {
    private static let targets = [
        ("POST", "/mcp"), ("GET", "/v1/servers"), ("POST", "/v1/tools/echo"), ("GET", "/healthz"),
    ]

    @Test(
        "a page of another site may not call the gateway",
        arguments: [
            "http://evil.example", "https://evil.example:443", "null", "http://127.0.0.1.evil.example",
            "https://app.example.com.evil.example", "http://localhost.evil.example", "http://app.example.com",
            "http://127.0.0.1@evil.example", "file://", "",
        ])
    func foreignOrigin(origin: String) async throws {
        for (method, target) in Self.targets {
            let answer = try await GatewayFixture.shared().request(
                method, target, headers: [("Origin", origin), ("Content-Type", "application/json")], body: "{}")
            try answer.problem(status: 403)
        }
    }

    @Test(
        "pages of this machine and those the operator allows may",
        arguments: [
            "http://localhost:3000", "http://127.0.0.1", "https://[::1]:8443", "https://app.example.com",
        ])
    func knownOrigin(origin: String) async throws {
        let answer = try await GatewayFixture.shared().request(
            "POST", "/v1/tools/echo", headers: [("Origin", origin)], body: #"{"message":"hello"}"#)
        #expect(answer.status == 200, "\(answer)")
    }

    @Test(
        "a name that was bound to this address by somebody else is refused",
        arguments: [
            "evil.example", "evil.example:8808", "127.0.0.1.evil.example", "mcp.example.com.evil", "192.168.1.1",
        ])
    func foreignHost(host: String) async throws {
        for (method, target) in Self.targets {
            let answer = try await GatewayFixture.shared().request(
                method, target, headers: [("Host", host), ("Content-Type", "application/json")], body: "{}")
            try answer.problem(status: 403)
        }
    }

    @Test(
        "names of this machine and those the operator allows are taken",
        arguments: ["localhost", "LOCALHOST:1", "127.0.0.1:9", "[::1]:8808", "mcp.example.com:443", "MCP.example.com"])
    func knownHost(host: String) async throws {
        let answer = try await GatewayFixture.shared().request("GET", "/healthz", headers: [("Host", host)])
        #expect(answer.status == 200, "\(answer)")
    }
}
