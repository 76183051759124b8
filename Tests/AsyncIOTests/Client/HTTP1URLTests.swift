import Testing

@testable import AsyncIO

@Suite("URLs of plain HTTP/1.1")
struct HTTP1URLTests {
    struct Case: Sendable {
        let url: String
        let host: String
        let port: UInt16
        let authority: String
        let target: String

        init(_ url: String, _ host: String, _ port: UInt16, _ authority: String, _ target: String) {
            (self.url, self.host, self.port, self.authority, self.target) = (url, host, port, authority, target)
        }
    }

    @Test(
        "the usual forms are taken apart",
        arguments: [
            Case("http://a", "a", 80, "a", "/"), Case("HTTP://a-b.c_d:80/", "a-b.c_d", 80, "a-b.c_d", "/"),
            Case("http://127.0.0.1:8080/x?y=/./z&e=%2e", "127.0.0.1", 8080, "127.0.0.1:8080", "/x?y=/./z&e=%2e"),
            Case("http://[::1]:65535/mcp", "::1", 65535, "[::1]:65535", "/mcp"),
            Case("http://[fe80::1]/a;b=c,d@e:f", "fe80::1", 80, "[fe80::1]", "/a;b=c,d@e:f"),
        ])
    func plain(expected: Case) throws {
        let url = try #require(HTTP1URL(expected.url))
        #expect(url.host == expected.host)
        #expect(url.port == expected.port)
        #expect(url.authority == expected.authority)
        #expect(url.target == expected.target)
    }

    @Test(
        "what two readers could understand differently is left to libcurl",
        arguments: [
            "", "http://", "https://a/", "ftp://a/", "http:/a", "http://user@a/", "http://user:word@a/", "http://a?x",
            "http://a#x", "http://a/#x", "http://a\\b/", "http://a/../b", "http://a/./b", "http://a/%2E%2e/b",
            "http://a/b c", "http://a/\u{7F}", "http://a/ü", "http://ü/", "http://a\r\nb/", "http://a/\r\nX: y",
            "http://a:/", "http://a:0/", "http://a:65536/", "http://a:8x/", "http://a:+8/", "http://a..b/",
            "http://a./",
            "http://1/", "http://127.1/", "http://0x7f.0.0.1/", "http://0177.0.0.1/", "http://127.0.0.1.5/",
            "http://[::1/", "http://[127.0.0.1]/", "http://[::1%25eth0]/", "http://[::1]x/", "http://a/\"<>",
            "http://%61/", "http://a/{b}",
        ])
    func unusual(url: String) {
        #expect(HTTP1URL(url) == nil)
    }
}
