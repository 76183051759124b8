import TestSupport
import Testing

@testable import AsyncIO

@Suite("Server-sent events")
struct SSETests {
    struct Trace: Equatable {
        var events: [ServerSentEvent] = []
        var error: SSEParseError?
        var lastEventID: String?
        var retry: Int?

        init(_ pieces: [ArraySlice<UInt8>], maxEventBytes: Int = 1 << 20) {
            var parser = SSEParser(maxEventBytes: maxEventBytes)
            do throws(SSEParseError) {
                for piece in pieces {
                    var input = piece
                    while let event = try parser.parse(&input) { events.append(event) }
                }
            } catch {
                self.error = error
            }
            lastEventID = parser.lastEventID
            retry = parser.retry
        }

        init(_ text: String, maxEventBytes: Int = 1 << 20) {
            self.init([Array(text.utf8)[...]], maxEventBytes: maxEventBytes)
        }
    }

    static func event(_ data: String, event: String? = nil, id: String? = nil, retry: Int? = nil) -> ServerSentEvent {
        ServerSentEvent(event: event, data: Array(data.utf8), id: id, retry: retry)
    }

    static let corpus = [
        "data: a\n\ndata:b\r\n\r\ndata:  c\r\rdata\n\n",
        "\u{FEFF}: hello\nid: 1\nevent: message\ndata: {\"x\":1}\ndata: 2\n\nid: 2\ndata:\n\n",
        "\u{FEFF}\u{FEFF}data: not a field\ndata: x\n\n", "retry: 1000\n\nretry: 1x\nid: a\0b\ndata: y\r\n\rdata: lost",
        "event: e\n\ndata: plain\n\n:\r\n\r\n:c\r\ndata: \u{e9}\u{1F600} long enough for several words\r\n\r\n",
    ]

    @Test("are the same however the stream is cut", arguments: corpus)
    func cuts(text: String) {
        let bytes = Array(text.utf8)
        let whole = Trace([bytes[...]])
        for cut in 0...bytes.count {
            #expect(Trace([bytes[..<cut], bytes[cut...]]) == whole, "cut at \(cut)")
        }
        #expect(Trace(bytes.indices.map { bytes[$0...$0] }) == whole)
    }

    @Test("are the same however random mutations of a stream are cut")
    func mutations() {
        var random = SeededGenerator(seed: 0x53_5345)
        let alphabet = Array("\r\n: dataeventidretry0\0".utf8) + [0xEF, 0xBB, 0xBF]
        for round in 0..<4000 {
            var bytes = Array(Self.corpus[round % Self.corpus.count].utf8)
            for _ in 0..<Int.random(in: 1...5, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                if Bool.random(using: &random) {
                    bytes[index] = alphabet.randomElement(using: &random) ?? 0
                } else {
                    bytes.insert(alphabet.randomElement(using: &random) ?? 0, at: index)
                }
            }
            let limit = round % 3 == 0 ? 20 : 1 << 20
            let whole = Trace([bytes[...]], maxEventBytes: limit)
            let cut = Int.random(in: 0...bytes.count, using: &random)
            #expect(Trace([bytes[..<cut], bytes[cut...]], maxEventBytes: limit) == whole)
            #expect(Trace(bytes.indices.map { bytes[$0...$0] }, maxEventBytes: limit) == whole)
        }
    }

    @Test("end at blank lines of any kind")
    func lineEnds() {
        #expect(Trace(Self.corpus[0]).events == [Self.event("a"), Self.event("b"), Self.event(" c"), Self.event("")])
    }

    @Test("have name, id and joined data")
    func fields() {
        let trace = Trace(Self.corpus[1])
        #expect(
            trace.events == [
                Self.event("{\"x\":1}\n2", event: "message", id: "1"), Self.event("", id: "2"),
            ])
        #expect(trace.lastEventID == "2")
    }

    @Test("start after one byte order mark only")
    func byteOrderMark() {
        #expect(Trace(Self.corpus[2]).events == [Self.event("x")])
    }

    @Test("ignore bad retries and ids, count good ones without data, and are dropped at the end of the stream")
    func details() {
        let trace = Trace(Self.corpus[3])
        #expect(trace.events == [Self.event("y")])
        #expect(trace.retry == 1000)
        #expect(trace.lastEventID == nil)
        #expect(Trace("id: 7\nretry: 5\n\n").lastEventID == "7")
        #expect(Trace("id: 7\n\nid\ndata: x\n\n").lastEventID == "")
        #expect(Trace("id: 7\n\ndata: x\n\n").events == [Self.event("x")])
        #expect(Trace("id: 7\n\ndata: x\n\n").lastEventID == "7")
        #expect(Trace("retry: 99999999999999999999\n\n").retry == nil)
    }

    @Test("forget the name of a block without data")
    func dataless() {
        #expect(
            Trace(Self.corpus[4]).events == [
                Self.event("plain"), Self.event("\u{e9}\u{1F600} long enough for several words"),
            ])
    }

    @Test("are bounded in size, whatever their lines are, but comments are not")
    func limit() {
        #expect(Trace("data: 12345\n\n", maxEventBytes: 11).error == nil)
        #expect(Trace("data: 12345\n\n", maxEventBytes: 10).error == .eventTooLarge(limit: 10))
        #expect(Trace("data:\ndata:\ndata:\n\n", maxEventBytes: 10).error == .eventTooLarge(limit: 10))
        #expect(Trace("data: 123456", maxEventBytes: 10).error == .eventTooLarge(limit: 10))
        #expect(Trace(":" + String(repeating: "x", count: 100) + "\ndata: 1\n\n", maxEventBytes: 10).error == nil)
    }

    @Test(
        "come back as they were written",
        arguments: [
            event("{\"jsonrpc\":\"2.0\"}"), event("", id: "prime"), event("", id: "p", retry: 3000),
            event("a\nb\n", event: "endpoint", id: "9"), event("\n"), event(" leading"),
        ])
    func roundTrip(event: ServerSentEvent) {
        var bytes: [UInt8] = []
        SSEEncoder.encode(event, into: &bytes)
        SSEEncoder.encodeComment("keep\nalive", into: &bytes)
        SSEEncoder.encodeComment(into: &bytes)
        #expect(Trace([bytes[...]]).events == [event])
    }

    @Test("are written in one line where possible, and cannot be broken out of")
    func encoding() {
        var bytes: [UInt8] = []
        SSEEncoder.encode(
            event: "a\nb", id: "1\r\0" + "2", retry: -1, data: Array("x\r\ny\rz".utf8)[...], into: &bytes)
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == "event: ab\nid: 12\nretry: 0\ndata: x\ndata: y\ndata: z\n\n")
        bytes = []
        SSEEncoder.encodeComment(into: &bytes)
        #expect(bytes == Array(":\n\n".utf8))
    }
}
