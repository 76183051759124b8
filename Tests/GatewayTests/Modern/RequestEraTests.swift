import MCPProtocol
import Testing

@testable import Gateway

@Suite("Which rules a request follows")
struct RequestEraTests {
    private static let claim = #"{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}"#

    private func era(_ method: String, _ params: String?, _ header: String?) throws -> RequestEra {
        let params = try params.map { try RawJSON(validating: Array($0.utf8)) }
        return RequestEra(
            JSONRPCRequest(id: 1, method: method, params: params), RequestMembers(params), versionHeader: header)
    }

    @Test(
        "a request that claims a version describes itself, whatever its method and its header say",
        arguments: ["tools/list", "initialize", "ping", "server/discover", "no/such"],
        [nil, "2025-11-25", "2026-07-28", "DRAFT"])
    func claimed(method: String, header: String?) throws {
        #expect(try era(method, Self.claim, header) == .modern)
    }

    @Test(
        "any claim is one, also of an old version, and one that is no text",
        arguments: [#""2025-11-25""#, #""""#, "null", "7", "{}"])
    func oddClaims(value: String) throws {
        let params = #"{"_meta":{"io.modelcontextprotocol/protocolVersion":\#(value)}}"#
        #expect(try era("tools/list", params, nil) == .modern)
    }

    @Test(
        "initialize opens a session even under a new header",
        arguments: [nil, "2025-06-18", "2026-07-28", "2031-01-01"])
    func initialize(header: String?) throws {
        #expect(try era("initialize", #"{"protocolVersion":"2025-11-25"}"#, header) == .legacy)
    }

    @Test(
        "what only the new rules have must describe itself", arguments: ["server/discover", "subscriptions/listen"],
        [nil, "2025-11-25", "2026-07-28"])
    func newMethods(method: String, header: String?) throws {
        #expect(try era(method, #"{"_meta":{"progressToken":1}}"#, header) == .undescribed)
        #expect(try era(method, nil, header) == .undescribed)
    }

    @Test("a new header without a description is a mistake", arguments: ["2026-07-28", "2026-07-29", "2031-01-01"])
    func newHeader(header: String) throws {
        #expect(try era("tools/list", "{}", header) == .undescribed)
    }

    @Test(
        "everything else belongs to a session",
        arguments: [
            nil, "", "2024-11-05", "2025-11-25", "2026-07-27", "2026-7-28", "DRAFT-2026-v1", "9999", "2026-07-28 ",
        ])
    func legacy(header: String?) throws {
        #expect(try era("tools/list", "{}", header) == .legacy)
        #expect(try era("tools/list", #"{"_meta":{"progressToken":1}}"#, header) == .legacy)
        #expect(try era("tools/list", #"{"_meta":"io.modelcontextprotocol/protocolVersion"}"#, header) == .legacy)
        #expect(try era("tools/list", "[]", header) == .legacy)
    }
}
