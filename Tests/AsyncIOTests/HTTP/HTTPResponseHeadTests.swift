import Testing

@testable import AsyncIO

@Suite("HTTP response head")
struct HTTPResponseHeadTests {
    private func encode(
        _ head: HTTPResponseHead, _ framing: HTTPResponseHead.Framing,
        _ connection: HTTPResponseHead.Connection = .implied
    ) -> String {
        var bytes: [UInt8] = []
        head.encode(into: &bytes, framing: framing, connection: connection, date: Array("D".utf8))
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test("is written with the writer's own framing, whatever the handler set")
    func encoding() {
        let head = HTTPResponseHead(
            .ok,
            headers: [
                "content-length": "999", "Transfer-Encoding": "gzip", "Connection": "upgrade", "Keep-Alive": "x",
                "Date": "y", "X-A": "b",
            ])
        #expect(
            encode(head, .length(1_234_567_890))
                == "HTTP/1.1 200 OK\r\nX-A: b\r\nDate: D\r\nContent-Length: 1234567890\r\n\r\n")
        #expect(
            encode(head, .chunked, .close)
                == "HTTP/1.1 200 OK\r\nX-A: b\r\nDate: D\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n")
        #expect(
            encode(HTTPResponseHead(.noContent), .none, .keepAlive)
                == "HTTP/1.1 204 No Content\r\nDate: D\r\nConnection: keep-alive\r\n\r\n")
        #expect(encode(HTTPResponseHead(799), .length(0)).hasPrefix("HTTP/1.1 799 Unknown\r\n"))
        #expect(encode(HTTPResponseHead(.ok), .length(10)).contains("Content-Length: 10\r\n"))
    }

    @Test(
        "has dates as RFC 9110 writes them",
        arguments: [
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"), (1_709_251_199, "Thu, 29 Feb 2024 23:59:59 GMT"),
            (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"), (-1, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (Int.max, "Fri, 31 Dec 9999 23:59:59 GMT"),
        ])
    func dates(seconds: Int, text: String) {
        #expect(String(decoding: HTTPDate.encode(secondsSince1970: seconds), as: UTF8.self) == text)
    }
}
