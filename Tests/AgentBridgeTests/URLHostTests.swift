import AsyncIO
import Testing

@testable import AgentBridge

@Suite("The host that a person is shown")
struct URLHostTests {
    @Test(
        "is where a browser would go, whatever stands around it",
        arguments: [
            ("https://example.org/x", "host: example.org"), ("https://example.org:8443", "host: example.org:8443"),
            (
                "https://bank.example@evil.example/",
                "host: evil.example (what stands before \"@\" is a user name, not the host)"
            ), ("https://a/b@c", "host: a"), ("https://a?@c", "host: a"), ("https://[::1]:3/", "host: [::1]:3"),
            (
                "https://a@b@c/", "host: c (what stands before \"@\" is a user name, not the host)"
            ), ("https:\\\\x", "host: none"), ("https://a\\@b/", "host: a"),
            ("http://a/", "host: a (it is not encrypted)"),
            ("https://аpple.example/", "host: аpple.example (it has letters that may look like others)"),
            (
                "https://xn--80ak6aa92e.com/",
                "host: xn--80ak6aa92e.com (it is an encoded name, whose letters may look like others)"
            ), ("https://", "host: none"), ("", "host: none"),
        ])
    func host(url: String, shown: String) {
        #expect(URLHost.description(of: url) == shown)
    }

    @Test(
        "while nobody needs a key, only names of this machine are served",
        arguments: [
            ("127.0.0.1:8809", true), ("localhost", true), ("[::1]:8809", true), ("a.localhost:1", true),
            ("10.0.0.1", true), ("Agents.Example:80", true), ("evil.example:8809", false),
            ("127.0.0.1.evil.example", false),
            ("localhost.evil.example", false), ("", false),
        ])
    func names(host: String, isServed: Bool) throws {
        let head: HTTPHeaders = ["Host": host]
        let listener = try #require(SocketAddress(ip: "127.0.0.1", port: 1))
        let open = Authentication(keys: [], origins: [], hosts: ["agents.example"])
        #expect((open.browserRefusal(head, listener: listener) == nil) == isServed)
        let keyed = Authentication(keys: ["k"], origins: [], hosts: [])
        #expect(keyed.browserRefusal(head, listener: listener) == nil)
        #expect(open.browserRefusal(head, listener: try #require(SocketAddress(unixPath: "/x"))) == nil)
    }
}
