import TestSupport
import Testing

@testable import AsyncIO

@Suite("HTTP request parser")
struct HTTPRequestParserTests {
    static let corpus = [
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "\r\nPOST /mcp?a=1&b=%20 HTTP/1.1\r\nHost: localhost:8808\r\nContent-Length: 5\r\nX:\t v \t\r\n\r\nhelloGET /2 HTTP/1.0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost:a\r\nTransfer-Encoding: chunked\r\n\r\n4;x=\"y\"\r\nWiki\r\n00b \r\n in chunks.\r\n0\r\nT: v\r\n\r\n"
            + "DELETE /mcp HTTP/1.1\r\nHost: b\r\nMcp-Session-Id: 1\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: a\r\nEmpty:\r\n\r\n",
        "GET /\u{1}x HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nName : v\r\n\r\n",
        "GET / HTTP/1.1\nHost: a\n\n",
        "POST / HTTP/1.1\r\nHost:a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nWikix",
    ]

    @Test("gives the same requests however the bytes are cut", arguments: corpus)
    func cuts(text: String) {
        let bytes = Array(text.utf8)
        let whole = RequestTrace([bytes[...]])
        for cut in 0...bytes.count {
            #expect(RequestTrace([bytes[..<cut], bytes[cut...]]) == whole, "cut at \(cut)")
        }
        #expect(RequestTrace(bytes.indices.map { bytes[$0...$0] }) == whole, "single bytes")
    }

    @Test("gives the same requests however random mutations of them are cut")
    func mutations() {
        var random = SeededGenerator(seed: 0x4854_5450)
        let alphabet = Array("\r\n :;,0123456789abcdefHTTP/GETchunked%\t\0\u{7f}".utf8) + [0xFF, 0x80]
        for round in 0..<4000 {
            var bytes = Array(Self.corpus[round % Self.corpus.count].utf8)
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[index] = alphabet.randomElement(using: &random) ?? 0
                case 1: bytes.insert(alphabet.randomElement(using: &random) ?? 0, at: index)
                case 2: if bytes.count > 1 { bytes.remove(at: index) }
                default: bytes.insert(contentsOf: bytes[index...].prefix(9), at: index)
                }
            }
            let limits = HTTPParserLimits(
                maxHeaderBytes: round % 3 == 0 ? 60 : 32 << 10, maxHeaderCount: round % 5 == 0 ? 2 : 128,
                maxTargetBytes: round % 7 == 0 ? 4 : 8 << 10, maxChunkExtensionBytes: round % 2 == 0 ? 3 : 4096,
                maxTrailerBytes: round % 4 == 0 ? 4 : 4096)
            let whole = RequestTrace([bytes[...]], limits: limits)
            var pieces: [ArraySlice<UInt8>] = []
            var start = 0
            while start < bytes.count {
                let end = min(bytes.count, start + Int.random(in: 1...12, using: &random))
                pieces.append(bytes[start..<end])
                start = end
            }
            #expect(
                RequestTrace(pieces, limits: limits) == whole,
                "\(String(decoding: bytes, as: UTF8.self).debugDescription)")
        }
    }

    @Test("finds method, target, fields and body")
    func reads() {
        let trace = RequestTrace(Self.corpus[1])
        #expect(trace.error == nil)
        #expect(trace.requests.map(\.line) == ["POST /mcp?a=1&b=%20 http1_1", "GET /2 http1_0"])
        #expect(trace.requests[0].body == Array("hello".utf8))
        #expect(
            trace.requests[0].fields == [
                HTTPField(name: "Host", value: "localhost:8808"), HTTPField(name: "Content-Length", value: "5"),
                HTTPField(name: "X", value: "v"),
            ])
        #expect(trace.requests.map(\.isWhole) == [true, true])
    }

    @Test("joins chunks and goes on with the request behind them")
    func chunks() {
        let trace = RequestTrace(Self.corpus[2])
        #expect(trace.error == nil)
        #expect(trace.requests.map { String(decoding: $0.body, as: UTF8.self) } == ["Wiki in chunks.", ""])
        #expect(trace.requests.map(\.isWhole) == [true, true])
    }

    @Test("reads a hundred pipelined requests")
    func pipeline() {
        let text = String(repeating: "POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", count: 100)
        let trace = RequestTrace(text)
        #expect(trace.requests.count == 100)
        #expect(trace.requests.allSatisfy { $0.isWhole && $0.body == Array("abc".utf8) })
    }

    static let refusals: [(String, HTTPParseError)] = [
        // Request lines.
        ("GET / HTTP/2.0\r\n\r\n", .unsupportedVersion),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", .unsupportedVersion),
        ("GET / HTTP/0.9\r\n\r\n", .unsupportedVersion),
        ("GET / http/1.1\r\n\r\n", .invalidRequestLine),
        ("GET / HTTP/1.12\r\n\r\n", .invalidRequestLine),
        ("GET / HTTP/1.1 \r\n\r\n", .invalidRequestLine),
        ("GET  / HTTP/1.1\r\n\r\n", .invalidRequestLine),
        ("GET /\r\n\r\n", .invalidRequestLine),
        (" GET / HTTP/1.1\r\n\r\n", .invalidRequestLine),
        ("\r\n\r\nGET / HTTP/1.1\r\n\r\n", .invalidRequestLine),
        ("G(T / HTTP/1.1\r\n\r\n", .invalidRequestLine),
        ("\u{16}\u{3}\u{1}", .invalidRequestLine),
        (String(repeating: "A", count: 33), .invalidRequestLine),
        ("CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", .connectRefused),
        // Targets.
        ("GET a HTTP/1.1\r\nHost: a\r\n\r\n", .invalidTarget),
        ("GET /a\u{7f} HTTP/1.1\r\nHost: a\r\n\r\n", .invalidTarget),
        ("GET /é HTTP/1.1\r\nHost: a\r\n\r\n", .invalidTarget),
        ("GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", .invalidTarget),
        ("GET /%4 HTTP/1.1\r\nHost: a\r\n\r\n", .invalidTarget),
        ("GET /%00 HTTP/1.1\r\nHost: a\r\n\r\n", .invalidTarget),
        ("GET /%ff HTTP/1.1\r\nHost: a\r\n\r\n", .invalidTarget),
        ("GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n", .invalidTarget),
        ("GET http://u@h/x HTTP/1.1\r\nHost: a\r\n\r\n", .invalidTarget),
        // Line ends and fields.
        ("GET / HTTP/1.1\nHost: a\n\n", .invalidLineEnd),
        ("GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", .invalidLineEnd),
        ("GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n", .invalidLineEnd),
        ("GET / HTTP/1.1\r\nHost: a\r\n\n", .invalidLineEnd),
        ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", .invalidFieldName),
        ("GET / HTTP/1.1\r\n: a\r\n\r\n", .invalidFieldName),
        ("GET / HTTP/1.1\r\nHost\r\n\r\n", .invalidFieldName),
        ("GET / HTTP/1.1\r\nH@st: a\r\n\r\n", .invalidFieldName),
        ("GET / HTTP/1.1\r\nHost: a\r\n folded\r\n\r\n", .foldedField),
        ("GET / HTTP/1.1\r\n Host: a\r\n\r\n", .foldedField),
        ("GET / HTTP/1.1\r\nHost: a\u{0}b\r\n\r\n", .invalidFieldValue),
        ("GET / HTTP/1.1\r\nHost: a\u{7f}b\r\n\r\n", .invalidFieldValue),
        // Host.
        ("GET / HTTP/1.1\r\n\r\n", .missingHost),
        ("GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n", .duplicateHost),
        ("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", .invalidHost),
        ("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", .invalidHost),
        ("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", .invalidHost),
        // Two readers, two lengths.
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\n", .duplicateContentLength),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", .duplicateContentLength),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5\r\n\r\n", .invalidContentLength),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\n", .invalidContentLength),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n", .invalidContentLength),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x5\r\n\r\n", .invalidContentLength),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n", .invalidContentLength),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999999999999999\r\n\r\n", .invalidContentLength),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
            .contentLengthWithTransferEncoding
        ),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n",
            .contentLengthWithTransferEncoding
        ),
        ("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", .transferEncodingInHTTP1_0),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", .unsupportedTransferEncoding),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", .unsupportedTransferEncoding),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n", .invalidTransferEncoding),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n", .invalidTransferEncoding),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked;a=b\r\n\r\n", .invalidTransferEncoding),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n\r\n", .invalidTransferEncoding),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \u{b}chunked\r\n\r\n", .invalidFieldValue),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n", .unsupportedTransferEncoding),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
            .invalidTransferEncoding
        ),
    ]

    @Test("refuses what two readers could understand differently", arguments: refusals)
    func refuses(text: String, error: HTTPParseError) {
        let trace = RequestTrace(text)
        #expect(trace.error == error)
        #expect(trace.requests.isEmpty)
    }

    @Test(
        "refuses malformed chunks",
        arguments: [
            ("\r\n", HTTPParseError.invalidChunk), ("g\r\n", .invalidChunk), ("-1\r\n", .invalidChunk),
            ("1 1\r\n", .invalidChunk), ("0x1\r\n", .invalidChunk), ("1\n", .invalidLineEnd),
            ("1\r\r", .invalidLineEnd),
            ("1\r\nab", .invalidChunk), ("1\r\na\n", .invalidChunk), ("1\r\na\ra", .invalidLineEnd),
            ("1;a\u{0}\r\n", .invalidChunk), ("1;a\n", .invalidLineEnd), ("1111111111111111\r\n", .invalidChunk),
            ("0\r\nX : a\r\n\r\n", .invalidFieldName), ("0\r\nX: a\n\r\n", .invalidLineEnd),
        ])
    func refusesChunks(body: String, error: HTTPParseError) {
        let trace = RequestTrace("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + body)
        #expect(trace.error == error)
        #expect(trace.requests.count == 1)
    }

    @Test("stays refused")
    func staysRefused() {
        let pieces = ["(\r\n", "GET / HTTP/1.0\r\n\r\n"].map { Array($0.utf8)[...] }
        var parser = HTTPRequestParser()
        for piece in pieces {
            #expect(throws: HTTPParseError.invalidRequestLine) {
                var input = piece
                _ = try parser.parse(&input)
            }
        }
    }

    @Test("keeps to its limits exactly")
    func limits() {
        let head = "GET /abcd HTTP/1.1\r\nHost: a\r\nB: c\r\n\r\n"
        #expect(RequestTrace(head, limits: HTTPParserLimits(maxHeaderBytes: head.utf8.count)).error == nil)
        #expect(
            RequestTrace(head, limits: HTTPParserLimits(maxHeaderBytes: head.utf8.count - 1)).error
                == .headTooLarge(limit: head.utf8.count - 1))
        #expect(RequestTrace(head, limits: HTTPParserLimits(maxHeaderCount: 2)).error == nil)
        #expect(RequestTrace(head, limits: HTTPParserLimits(maxHeaderCount: 1)).error == .tooManyFields(limit: 1))
        #expect(RequestTrace(head, limits: HTTPParserLimits(maxTargetBytes: 5)).error == nil)
        #expect(RequestTrace(head, limits: HTTPParserLimits(maxTargetBytes: 4)).error == .targetTooLong(limit: 4))
        let chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        let body = chunked + "1;abc\r\nx\r\n0\r\nT: v\r\n\r\n"
        #expect(RequestTrace(body, limits: HTTPParserLimits(maxChunkExtensionBytes: 4)).error == nil)
        #expect(
            RequestTrace(body, limits: HTTPParserLimits(maxChunkExtensionBytes: 3)).error
                == .chunkExtensionsTooLong(limit: 3))
        #expect(RequestTrace(body, limits: HTTPParserLimits(maxTrailerBytes: 6)).error == nil)
        #expect(RequestTrace(body, limits: HTTPParserLimits(maxTrailerBytes: 5)).error == .trailerTooLarge(limit: 5))
    }

    @Test(
        "maps errors to statuses",
        arguments: [
            (HTTPParseError.invalidLineEnd, HTTPStatus.badRequest), (.targetTooLong(limit: 1), .uriTooLong),
            (.headTooLarge(limit: 1), .requestHeaderFieldsTooLarge),
            (.tooManyFields(limit: 1), .requestHeaderFieldsTooLarge),
            (.unsupportedTransferEncoding, .notImplemented), (.unsupportedVersion, .httpVersionNotSupported),
        ])
    func statuses(error: HTTPParseError, status: HTTPStatus) { #expect(error.status == status) }
}
