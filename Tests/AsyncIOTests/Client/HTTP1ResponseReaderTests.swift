import Testing

@testable import AsyncIO

@Suite("Reading HTTP/1.1 responses")
struct HTTP1ResponseReaderTests {
    /// What a reader made of some bytes.
    private struct Reading: Equatable {
        var status = 0
        var fields: [String] = []
        var body = ""
        var used = 0
        var hasEnded = false
        var endsWithConnection = false
        var keepsConnection = false
        var failure: HTTPClientError?
    }

    private static func read(
        _ bytes: [UInt8], cutAt cuts: [Int] = [], answersHEAD: Bool = false, maxHeadBytes: Int = 1000
    ) -> Reading {
        var reader = HTTP1ResponseReader(maxHeadBytes: maxHeadBytes, answersHEAD: answersHEAD)
        var head = HTTPClientResponseHead()
        var body: [UInt8] = []
        var reading = Reading()
        var start = 0
        for end in cuts + [bytes.count] where !reader.hasEnded && reading.failure == nil {
            let piece = Array(bytes[start..<end])
            do throws(HTTPClientError) {
                reading.used += try piece.span.bytes.withUnsafeBytes { (piece) throws(HTTPClientError) in
                    try reader.read(piece, head: &head, body: &body)
                }
            } catch {
                reading.failure = error
            }
            start = end
        }
        reading.status = head.status
        reading.fields = head.headers.map { "\($0.name)=\($0.value)" }
        reading.body = body.text
        reading.hasEnded = reader.hasEnded
        reading.endsWithConnection = reader.endsWithConnection
        reading.keepsConnection = reader.keepsConnection
        return reading
    }

    private static func read(_ text: String, answersHEAD: Bool = false) -> Reading {
        read(Array(text.utf8), answersHEAD: answersHEAD)
    }

    static let wellFormed = [
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nX: y\r\n\r\nabc", "HTTP/1.1 200\r\ncontent-length:0\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 X\r\nLink: a\r\n\r\nHTTP/1.0 201 OK\nContent-Length: 1\n\nx",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n3;a=b\r\nabc\r\n2\r\nde\r\n0\r\nT: u\r\n\r\n",
        "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nab",
        "HTTP/1.1 200 OK\r\nA: b\r\n c\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nab",
    ]

    @Test("a response reads the same wherever its bytes are cut, and what follows is left", arguments: wellFormed)
    func cut(response: String) {
        let bytes = Array(response.utf8)
        let whole = Self.read(bytes)
        #expect(whole.failure == nil && whole.hasEnded && whole.used == bytes.count)
        #expect(whole.status >= 200)
        for cut in 1..<bytes.count { #expect(Self.read(bytes, cutAt: [cut]) == whole, "cut at \(cut)") }
        #expect(Self.read(bytes, cutAt: Array(1..<bytes.count)) == whole)
        #expect(Self.read(bytes + Array("HTTP/1.1 200 OK\r\n".utf8)) == whole)
        for end in 0..<bytes.count { #expect(!Self.read(Array(bytes[..<end])).hasEnded) }
    }

    @Test("a body without framing lasts as long as the connection")
    func untilClose() {
        let reading = Self.read("HTTP/1.1 200 OK\r\n\r\nabc")
        #expect(reading.body == "abc")
        #expect(reading.endsWithConnection && !reading.hasEnded && !reading.keepsConnection)
    }

    @Test(
        "an answer to HEAD, and 304, end with the head", arguments: ["Content-Length: 5", "Transfer-Encoding: chunked"])
    func noBody(framing: String) {
        #expect(Self.read("HTTP/1.1 200 OK\r\n\(framing)\r\n\r\n", answersHEAD: true).hasEnded)
        #expect(Self.read("HTTP/1.1 304 Not Modified\r\n\(framing)\r\n\r\n").hasEnded)
    }

    @Test(
        "the connection is kept as version and Connection say",
        arguments: [
            ("1.1", "", true), ("1.1", "Connection: close\r\n", false), ("1.1", "Connection: x, CLOSE\r\n", false),
            ("1.1", "Connection: x\r\nConnection: close\r\n", false), ("1.0", "", false),
            ("1.0", "Connection: Keep-Alive\r\n", true), ("1.0", "Connection: keep-alive, close\r\n", false),
        ] as [(String, String, Bool)])
    func keeps(version: String, fields: String, expected: Bool) {
        let reading = Self.read("HTTP/\(version) 200 OK\r\n\(fields)Content-Length: 0\r\n\r\n")
        #expect(reading.hasEnded)
        #expect(reading.keepsConnection == expected)
    }

    @Test(
        "framing with two readings, and what is no head, is refused",
        arguments: [
            "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", "Content-Length: 3\r\nContent-Length: 4\r\n\r\n",
            "Content-Length: 3, 4\r\n\r\n", "Content-Length: -1\r\n\r\n", "Content-Length: +1\r\n\r\n",
            "Content-Length: 1 1\r\n\r\n", "Content-Length: 1\r\n 1\r\n\r\n", "Content-Length:\r\n\r\n",
            "Content-Length: 1,\r\n\r\n", "Content-Length: 0x1\r\n\r\n", "Content-Length: 9999999999999999999\r\n\r\n",
            "Content-Length : 3\r\n\r\n", "Transfer-Encoding : chunked\r\n\r\n",
            "Transfer-Encoding: gzip, chunked\r\n\r\n",
            "Transfer-Encoding: chunked, chunked\r\n\r\n", "Transfer-Encoding: identity\r\n\r\n",
            "Transfer-Encoding:\r\n\r\n", "Transfer-Encoding: chunked;a=b\r\n\r\n", " X: y\r\n\r\n", "no colon\r\n\r\n",
            ": x\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\nx\r\n",
            "Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n", "Transfer-Encoding: chunked\r\n\r\n-3\r\nabc\r\n",
        ])
    func refused(rest: String) {
        let bytes = Array("HTTP/1.1 200 OK\r\n\(rest)".utf8)
        for cuts in [[], Array(1..<bytes.count)] {
            guard case .protocolError = Self.read(bytes, cutAt: cuts).failure else {
                Issue.record("read as \(Self.read(bytes, cutAt: cuts))")
                return
            }
        }
    }

    @Test(
        "a status line that is none is refused",
        arguments: [
            "HTTP/2 200 OK", "HTTP/1.2 200 OK", "HTTP/1.1 099 OK", "HTTP/1.1 20 OK", "HTTP/1.1", "HTTP/1",
            "XTTP/1.1 200",
            "\r\nHTTP/1.1 200 OK", "HTTP/1.1 101 Switching Protocols\r\n",
        ])
    func badStatusLine(line: String) {
        let reading = Self.read(line + "\r\n\r\n")
        guard case .protocolError = reading.failure else {
            Issue.record("read as \(reading)")
            return
        }
    }

    @Test("heads are bounded, interim ones and lines without an end included")
    func bounded() {
        let tooLong = HTTPClientError.protocolError(detail: "the head is longer than 1000 bytes")
        let interim = String(repeating: "HTTP/1.1 100 Continue\r\n\r\n", count: 100)
        for text in ["HTTP/1.1 200 OK\r\nX: " + String(repeating: "x", count: 1000), interim] {
            let bytes = Array(text.utf8)
            #expect(Self.read(bytes).failure == tooLong)
            #expect(Self.read(bytes, cutAt: Array(1..<bytes.count)).failure == tooLong)
        }
    }

    @Test("whatever arrives, it is read or refused", arguments: 0..<20)
    func mutated(seed: UInt64) {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        func random(below limit: Int) -> Int {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Int(state % UInt64(limit))
        }
        for _ in 0..<200 {
            var bytes = Array(Self.wellFormed[random(below: Self.wellFormed.count)].utf8)
            for _ in 0...random(below: 4) {
                let place = random(below: bytes.count)
                switch random(below: 3) {
                case 0: bytes[place] = UInt8(random(below: 256))
                case 1: bytes.insert(Array("\r\n:; 0,".utf8)[random(below: 7)], at: place)
                default: if bytes.count > 1 { bytes.remove(at: place) }
                }
            }
            let whole = Self.read(bytes)
            #expect(whole.used <= bytes.count)
            let pieces = Self.read(bytes, cutAt: Array(1..<bytes.count))
            // Where a piece is refused, how much was used before differs; what is read does not.
            #expect((pieces.failure == nil) == (whole.failure == nil))
            if whole.failure == nil { #expect(pieces == whole) }
        }
    }
}
