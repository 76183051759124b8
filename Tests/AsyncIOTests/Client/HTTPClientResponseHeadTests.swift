import Testing

@testable import AsyncIO

@Suite("Response heads, line by line")
struct HTTPClientResponseHeadTests {
    private static func head(_ lines: String...) -> HTTPClientResponseHead? {
        var head = HTTPClientResponseHead()
        for line in lines {
            guard Array(line.utf8).withUnsafeBytes({ head.add(line: $0) }) else { return nil }
        }
        return head
    }

    @Test("fields keep their order, folded ones become one line, control characters become spaces")
    func fields() throws {
        let head = try #require(
            Self.head(
                "HTTP/1.1 200 OK\r\n", " stray\r\n", "A:  1 \r\n", "B: x\r\n", "  folded \r\n", "\tmore\r\n",
                "no colon\r\n",
                ": no name\r\n", "a:\r\n", "C: a\u{0}b\u{1}\n", "\r\n"))
        #expect(head.isComplete)
        #expect(
            head.headers.map { "\($0.name)=\($0.value)" } == ["A=1", "B=x folded more", "a=", "C=a b"])
        #expect(head.headers.all("a") == ["1", ""])
    }

    @Test("an interim head leaves no trace")
    func interim() throws {
        var head = try #require(Self.head("HTTP/1.1 103 Early Hints\r\n", "Link: x\r\n", "\r\n"))
        #expect(!head.isComplete)
        for line in ["HTTP/2 404 \r\n", "X: y\r\n", "\r\n"] {
            #expect(Array(line.utf8).withUnsafeBytes { head.add(line: $0) })
        }
        #expect(head.isComplete)
        #expect(head.status == 404)
        #expect(head.version == .http2)
        #expect(head.headers.map(\.name) == ["X"])
    }

    @Test(
        "a status line that cannot be read is refused",
        arguments: ["HTTP/1.1", "HTTP/1.1 ", "HTTP/1.1 20", "HTTP/1.1 2x0 OK", "HTTP/7 200"])
    func badStatusLine(line: String) {
        #expect(Self.head(line + "\r\n") == nil)
    }

    @Test(
        "a content length is a plain number or none",
        arguments: [("12", 12), ("-1", nil), ("+1", nil), ("1x", nil), ("", nil), ("99999999999999999999", nil)]
            as [(String, Int?)])
    func contentLength(text: String, expected: Int?) throws {
        #expect(
            try #require(Self.head("HTTP/1.1 200 OK\r\n", "Content-Length: \(text)\r\n", "\r\n")).contentLength
                == expected)
    }
}
