import TestSupport
import Testing

@testable import MCPClient

/// RFC 3986, section 5.
@Suite("The address for messages of an HTTP+SSE server")
struct MessageEndpointTests {
    private static func resolve(_ reference: String, _ base: String) throws(MCPClientError) -> String {
        try MessageEndpoint(resolving: Array(reference.utf8)[...], against: base).url
    }

    @Test(
        "a reference is resolved against the URL of the stream",
        arguments: [
            ("/messages?id=1", "http://h/sse", "http://h/messages?id=1"),
            ("messages?id=1", "http://h/a/b/sse?x=1", "http://h/a/b/messages?id=1"),
            ("messages", "http://h", "http://h/messages"),
            ("?id=1", "http://h/a/sse?x=1", "http://h/a/sse?id=1"),
            ("?id=1", "http://h", "http://h/?id=1"),
            ("./m", "http://h/a/sse", "http://h/a/m"),
            ("../m", "http://h/a/b/sse", "http://h/a/m"),
            ("../../../m", "http://h/a/sse", "http://h/m"),
            ("/a/./b/../c/..", "http://h/sse", "http://h/a/"),
            ("/m?next=/../x", "http://h/sse", "http://h/m?next=/../x"),
            ("/m#part", "http://h/sse#old", "http://h/m"),
            (" /m \n", "http://h/sse", "http://h/m"),
            ("m?to=http://other/", "http://h/sse", "http://h/m?to=http://other/"),
            ("http://h/m", "http://h/sse", "http://h/m"),
            ("http://h?id=1", "http://h/sse", "http://h/?id=1"),
            ("HTTP://H:80/m", "http://h/sse", "http://h/m"),
            ("https://h:443/m", "https://h/sse", "https://h/m"),
            ("//h/m", "https://h:443/sse", "https://h:443/m"),
            ("http://[::1]:8/m", "http://[::1]:8/sse", "http://[::1]:8/m"),
            ("http://h/m", "http://user:word@h/sse", "http://user:word@h/m"),
            ("/m", "http://user:word@h:99/sse", "http://user:word@h:99/m"),
        ])
    func resolves(reference: String, base: String, expected: String) throws {
        #expect(try Self.resolve(reference, base) == expected)
    }

    @Test(
        "another origin, or what is no reference, is refused",
        arguments: [
            "http://other/m", "http://h:81/m", "https://h/m", "//other/m", "//h:81", "http://h@other/m",
            "http://h.other/m", "http:///m", "http:m", "file:///m", "javascript:alert(1)", "http://h:99999/m",
            "http://h:x/m", "http://[h/m", "", " ", "#m", "/a b", "/a\u{0}", "\\\\other\\m", "/\\other", "/ü", "//",
        ])
    func refuses(reference: String) {
        let error = #expect(throws: MCPClientError.self) { try Self.resolve(reference, "http://h/sse") }
        #expect(error?.kind == .protocolViolation && error?.mayHaveExecuted == false)
    }

    @Test("whatever a server names, messages stay at the origin of its stream", arguments: 0..<8)
    func staysHome(seed: Int) {
        var generator = SeededGenerator(seed: UInt64(seed))
        let pieces = [
            "http:", "https:", "//", "/", "h", "other", "@", ":", "80", "81", "?", "#", "..", ".", "%2e", "[", "]",
            "\\",
            " ", "m", "HTTP://h", "http://h",
        ]
        for _ in 0..<500 {
            let count = Int.random(in: 0...8, using: &generator)
            let reference = (0..<count).map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
            do throws(MCPClientError) {
                let url = try Self.resolve(reference, "http://h/a/sse")
                #expect(url.hasPrefix("http://h/") && !url.contains("#"), "\(reference) became \(url)")
            } catch {
                #expect(error.kind == .protocolViolation)
            }
        }
    }

    @Test("an address that is too long is refused")
    func tooLong() {
        #expect(throws: MCPClientError.self) {
            try Self.resolve("/" + String(repeating: "m", count: MessageEndpoint.maxBytes), "http://h/sse")
        }
    }
}
