import Testing

@testable import AsyncIO

@Suite("HTTP header fields")
struct HTTPHeadersTests {
    @Test("are found without regard to case, in order")
    func lookUp() {
        let headers: HTTPHeaders = ["Accept": "a", "accept": "b", "X-Y": "c"]
        #expect(headers.first("ACCEPT") == "a")
        #expect(headers.all("Accept") == ["a", "b"])
        #expect(headers.contains("x-y"))
        #expect(!headers.contains("x-z"))
        #expect(!headers.contains("x"))
        #expect(headers.firstBytes("X-y").map { Array($0) } == Array("c".utf8))
        #expect(headers.map(\.name) == ["Accept", "accept", "X-Y"])
    }

    @Test("names differ by every byte that is not the same letter, wherever it stands", arguments: 1...20)
    func names(length: Int) {
        let tokens = Array("!#$%&'*+-.^_`|~09azAZqQ".utf8)
        for place in 0..<length {
            var name = [UInt8](repeating: UInt8(ascii: "m"), count: length)
            for ours in tokens {
                name[place] = ours
                let headers: HTTPHeaders = [String(decoding: name, as: UTF8.self): "x"]
                for theirs in tokens {
                    name[place] = theirs
                    let isSame = String(UnicodeScalar(ours)).lowercased() == String(UnicodeScalar(theirs)).lowercased()
                    #expect(headers.contains(String(decoding: name, as: UTF8.self).uppercased()) == isSame)
                }
            }
        }
    }

    @Test("eight bytes are made lower case as one is")
    func lowerCase() {
        for byte in 0...UInt8.max {
            for (place, neighbour) in zip(0..<8, [0, 0x40, 0x41, 0x5A, 0x5B, 0x7F, 0x80, 0xFF] as [UInt8]) {
                var bytes = [UInt8](repeating: neighbour, count: 8)
                bytes[place] = byte
                let word = bytes.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
                let lowered = withUnsafeBytes(of: word.asciiLowercased, Array.init)
                #expect(lowered == bytes.map(\.asciiLowercased))
            }
        }
    }

    @Test("cannot be broken out of")
    func injection() {
        var headers = HTTPHeaders()
        let isAdded = headers.add("A", " b\r\nSet-Cookie: c\0d\t")
        #expect(isAdded)
        #expect(headers.first("A") == "b  Set-Cookie: c d")
        let isBadNameAdded = headers.add("A: b\r\nC", "d") || headers.add("", "d")
        #expect(!isBadNameAdded)
        #expect(headers.count == 1)
        var bytes: [UInt8] = []
        HTTPResponseHead(.ok, headers: headers).encode(into: &bytes, framing: .none, connection: .implied, date: [])
        #expect(String(decoding: bytes, as: UTF8.self) == "HTTP/1.1 200 OK\r\nA: b  Set-Cookie: c d\r\n\r\n")
    }

    @Test("can be replaced and removed, also those of a received head")
    func change() throws {
        var headers = try #require(try requestHead("GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\nx: 2\r\n\r\n")).headers
        headers.set("X", "3")
        #expect(headers.all("x") == ["3"])
        headers.remove("host")
        #expect(headers.map(\.name) == ["X"])
    }

    @Test("are read as lists")
    func lists() {
        let headers: HTTPHeaders = ["Connection": "a , ,Close;x", "connection": "\"q,uoted\", b"]
        #expect(headers.listElements("CONNECTION") == ["a", "Close;x", "\"q,uoted\"", "b"])
        #expect(headers.containsToken("close", in: "Connection"))
        #expect(headers.containsToken("B", in: "Connection"))
        #expect(!headers.containsToken("uoted\"", in: "Connection"))
    }

    @Test(
        "weigh media types",
        arguments: [
            ("text/event-stream", 1000), ("application/json, text/event-stream;q=0.5", 500),
            ("text/*;q=0.25", 250), ("*/*", 1000), ("*/*, text/event-stream;q=0", 0),
            ("text/*;q=0.3, */*;q=0.9", 300), ("TEXT/Event-Stream ; Q=0.125", 125), ("text/html", 0),
            ("text/event-stream;charset=\"a,b;q=0\";q=0.75", 750), ("text/event-stream;q=nonsense", 0),
            ("text/event-stream;q=1.000", 1000), ("text/event-stream;q=2", 1000), ("", 0), (",;,", 0),
        ])
    func accept(value: String, quality: Int) {
        let headers: HTTPHeaders = ["Accept": value]
        #expect(headers.mediaTypeQuality("text/event-stream") == quality)
        #expect(headers.acceptsMediaType("text/event-stream") == (quality > 0))
    }

    @Test("accept everything where nothing is said, and list only what is named")
    func acceptAbsent() {
        #expect(HTTPHeaders().acceptsMediaType("text/event-stream"))
        #expect(!HTTPHeaders().listsMediaType("text/event-stream"))
        #expect(!(["Accept": "*/*"] as HTTPHeaders).listsMediaType("text/event-stream"))
        #expect((["Accept": "*/*, text/event-stream"] as HTTPHeaders).listsMediaType("text/event-stream"))
    }
}
