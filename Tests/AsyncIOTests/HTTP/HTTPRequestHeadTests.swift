import Testing

@testable import AsyncIO

@Suite("HTTP request head")
struct HTTPRequestHeadTests {
    @Test("takes a target apart")
    func target() throws {
        let head = try #require(
            try requestHead("GET /v1/tools/a%2Fb%20c?q=1%202+3&x&y=%zz&q=2 HTTP/1.1\r\nHost: h:1\r\n\r\n"))
        #expect(head.target == "/v1/tools/a%2Fb%20c?q=1%202+3&x&y=%zz&q=2")
        #expect(head.rawPath == "/v1/tools/a%2Fb%20c")
        #expect(head.path == "/v1/tools/a/b c")
        #expect(head.pathComponents == ["v1", "tools", "a/b c"])
        #expect(head.query == "q=1%202+3&x&y=%zz&q=2")
        #expect(
            head.queryItems == [
                HTTPQueryItem(name: "q", value: "1 2 3"), HTTPQueryItem(name: "x", value: ""),
                HTTPQueryItem(name: "y", value: "%zz"), HTTPQueryItem(name: "q", value: "2"),
            ])
        #expect(head.queryValue("q") == "1 2 3")
        #expect(head.queryValue("none") == nil)
        #expect(head.host == "h:1")
    }

    @Test(
        "knows the forms of a target",
        arguments: [
            ("/", "/", [""], nil, "h"), ("/a/", "/a/", ["a", ""], nil, "h"), ("//a", "//a", ["", "a"], nil, "h"),
            ("/?", "/", [""], "", "h"), ("*", "*", ["*"], nil, "h"),
            ("http://other:8/p?q", "/p", ["p"], "q", "other:8"), ("HTTPS://other", "/", [""], nil, "other"),
            ("http://other?q", "/", [""], "q", "other"),
        ] as [(String, String, [String], String?, String)])
    func forms(target: String, path: String, components: [String], query: String?, host: String) throws {
        let head = try #require(try requestHead("GET \(target) HTTP/1.1\r\nHost: h\r\n\r\n"))
        #expect(head.path == path)
        #expect(head.pathComponents == components)
        #expect(head.query == query)
        #expect(head.host == host)
    }

    @Test(
        "knows whether the connection goes on",
        arguments: [
            ("HTTP/1.1", "", true), ("HTTP/1.1", "Connection: close\r\n", false),
            ("HTTP/1.1", "Connection: foo, CLOSE\r\n", false), ("HTTP/1.1", "Connection: closed\r\n", true),
            ("HTTP/1.0", "", false), ("HTTP/1.0", "Connection: Keep-Alive\r\n", true),
            ("HTTP/1.0", "Connection: keep-alive\r\nConnection: close\r\n", false), ("HTTP/1.7", "", true),
        ])
    func persistence(version: String, field: String, keeps: Bool) throws {
        let head = try #require(try requestHead("GET / \(version)\r\nHost: a\r\n\(field)\r\n"))
        #expect(head.keepsConnection == keeps)
    }

    @Test(
        "knows what is expected of it",
        arguments: [
            ("HTTP/1.1", "", HTTPRequestHead.Expectation.none), ("HTTP/1.1", "Expect: 100-Continue\r\n", .continue),
            ("HTTP/1.1", "Expect: tea\r\n", .unknown), ("HTTP/1.0", "Expect: 100-continue\r\n", .none),
        ])
    func expectation(version: String, field: String, expectation: HTTPRequestHead.Expectation) throws {
        let head = try #require(try requestHead("POST / \(version)\r\nHost: a\r\n\(field)\r\n"))
        #expect(head.expectation == expectation)
    }

    @Test("knows how its body is framed")
    func framing() throws {
        #expect(try requestHead("POST / HTTP/1.0\r\nContent-Length: 007\r\n\r\n")?.bodyFraming == .length(7))
        #expect(try requestHead("POST / HTTP/1.0\r\nContent-Length: 0\r\n\r\n")?.bodyFraming == HTTPBodyFraming.none)
        #expect(try requestHead("GET / HTTP/1.0\r\n\r\n")?.bodyFraming == HTTPBodyFraming.none)
        #expect(
            try requestHead("GET / HTTP/1.1\r\nHost:\r\nTransfer-Encoding: Chunked\r\n\r\n")?.bodyFraming == .chunked)
    }
}
