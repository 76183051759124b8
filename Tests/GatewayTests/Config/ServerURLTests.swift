import Configuration
import Testing

@testable import Gateway

@Suite("Server URLs")
struct ServerURLTests {
    @Test(
        "http and https URLs are fine",
        arguments: [
            "http://localhost/mcp", "https://example.com", "HTTPS://EXAMPLE.COM:8443/a?b=c&d=%20",
            "http://[::1]:9000/sse",
            "http://user:pass@host:1/", "http://127.0.0.1:65535",
        ])
    func good(url: String) {
        #expect(ServerURL.problem(with: url) == nil)
    }

    @Test(
        "a bad URL says what is wrong with it",
        arguments: [
            ("", "is not a URL"), ("example.com/mcp", "is not a URL"), ("ftp://host/", "scheme \"ftp\""),
            ("unix:///run/x", "scheme \"unix\""), ("http://", "no host"), ("http:///path", "no host"),
            ("http://:80/", "no host"),
            ("http://host:0/", "1 to 65535"), ("http://host:65536/", "1 to 65535"), ("http://host:1a/", "1 to 65535"),
            ("http://a b/", "space"), ("http://host/\n", "control character"), ("http://häst/", "outside ASCII"),
            ("http://[::1/", "without \"]\""), ("http://[abc]/", "no IPv6"),
            ("http://[::1]x/", "between its host and its port"),
            ("http://host/#part", "fragment"), ("://host", "scheme \"\""), ("http:/host", "is not a URL"),
        ])
    func bad(url: String, reason: String) {
        #expect(ServerURL.problem(with: url)?.contains(reason) ?? false, "\(ServerURL.problem(with: url) ?? "nil")")
    }
}
