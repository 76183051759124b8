import AsyncIO
import Testing

@testable import Gateway

@Suite("Request guard")
struct RequestGuardTests {
    private func head(_ fields: [String]) throws -> HTTPRequestHead {
        let text = "POST /mcp HTTP/1.1\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n"
        var parser = HTTPRequestParser()
        var input = Array(text.utf8)[...]
        guard case .head(let head) = try parser.parse(&input) else {
            throw SystemErrorText("no head in \(text)")
        }
        return head
    }

    private let loopback = SocketAddress(ip: "127.0.0.1", port: 8808)
    private let everywhere = SocketAddress(ip: "0.0.0.0", port: 8808)

    @Test(
        "loopback names are served",
        arguments: [
            ["Host: localhost:8808"], ["Host: 127.0.0.1:8808"], ["Host: [::1]:8808"], ["Host: LOCALHOST"],
            ["Host: localhost", "Origin: http://localhost:3000"], ["Host: localhost", "Origin: https://127.0.0.1"],
            ["Host: localhost", "Origin: http://[::1]:5173"],
        ])
    func served(fields: [String]) throws {
        let guarding = RequestGuard(allowedOrigins: [], allowedHosts: [])
        #expect(guarding.refusal(try head(fields), listener: try #require(loopback)) == nil)
    }

    @Test(
        "foreign names and origins are refused on loopback",
        arguments: [
            ["Host: evil.example"], ["Host: evil.example:8808"], ["Host: localhost.evil.example"],
            ["Host: 127.0.0.1.evil.example"], ["Host: 127.0.0.256"],
            ["Host: localhost", "Origin: https://evil.example"], ["Host: localhost", "Origin: null"],
            ["Host: localhost", "Origin: http://localhost.evil.example"],
        ])
    func refused(fields: [String]) throws {
        let guarding = RequestGuard(allowedOrigins: [], allowedHosts: [])
        let refusal = guarding.refusal(try head(fields), listener: try #require(loopback))
        #expect(refusal?.status == .forbidden)
    }

    @Test("what the operator allows is served")
    func allowed() throws {
        let guarding = RequestGuard(allowedOrigins: ["https://app.example"], allowedHosts: ["gateway.example"])
        let request = try head(["Host: gateway.example:8808", "Origin: https://app.example"])
        #expect(guarding.refusal(request, listener: try #require(loopback)) == nil)
    }

    @Test("elsewhere than on loopback any host is right, but not any origin")
    func elsewhere() throws {
        let guarding = RequestGuard(allowedOrigins: [], allowedHosts: [])
        let listener = try #require(everywhere)
        #expect(guarding.refusal(try head(["Host: gateway.example"]), listener: listener) == nil)
        #expect(
            guarding.refusal(try head(["Host: g.example", "Origin: https://evil.example"]), listener: listener)?.status
                == .forbidden)
    }
}
