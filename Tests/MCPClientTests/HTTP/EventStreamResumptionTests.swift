import AsyncIO
import Testing

@testable import MCPClient

/// MCP 2025-11-25, Transports, "Resumability and Redelivery".
@Suite("When and from where a stream is resumed")
struct EventStreamResumptionTests {
    /// What a parser knows that has read this.
    private static func read(_ text: String, into resumption: inout EventStreamResumption) throws -> (SSEParser, [Bool])
    {
        var parser = SSEParser()
        var input = Array(text.utf8)[...]
        var news: [Bool] = []
        while let event = try parser.parse(&input) { news.append(resumption.isNew(event)) }
        return (parser, news)
    }

    @Test(
        "the server says how long to wait, within bounds; else the pauses grow",
        arguments: [
            ("id: a\n\n", Duration.seconds(1)), ("id: a\nretry: 3000\n\n", .seconds(3)),
            ("retry: 70\nid: a\ndata: x\n\n", .milliseconds(70)), ("id: a\nretry: 0\n\n", .milliseconds(50)),
            ("id: a\nretry: 999999999999999\n\n", .seconds(60)), ("id: a\nretry: soon\n\n", .seconds(1)),
        ])
    func pauses(stream: String, expected: Duration) throws {
        var resumption = EventStreamResumption()
        let (parser, _) = try Self.read(stream, into: &resumption)
        #expect(resumption.pause(after: parser) == expected)
        #expect(resumption.lastEventID == "a")
    }

    @Test("attempts without an event are counted; an event begins the count anew")
    func attempts() throws {
        var resumption = EventStreamResumption()
        var (parser, _) = try Self.read("id: a\ndata: x\n\n", into: &resumption)
        #expect(resumption.pause(after: parser) == .seconds(1))
        #expect((1...4).map { _ in resumption.pause(after: nil) } == [2, 4, 8, 16].map { Duration.seconds($0) })
        (parser, _) = try Self.read("data: no id\n\n", into: &resumption)
        #expect(resumption.pause(after: parser) == .seconds(1))
        #expect(resumption.lastEventID == "a", "the place stays where it was")
        #expect((1...4).allSatisfy { _ in resumption.pause(after: SSEParser()) != nil })
        #expect(resumption.pause(after: SSEParser()) == nil)
    }

    @Test(
        "an empty id takes the place to resume from away", arguments: ["data: x\n\n", "id: a\ndata: x\n\nid:\n\n", ""])
    func noPlace(stream: String) throws {
        var resumption = EventStreamResumption()
        let (parser, _) = try Self.read(stream, into: &resumption)
        #expect(resumption.pause(after: parser) == nil)
    }

    @Test("an event is old if its id came before the stream broke off; one connection may use an id twice")
    func duplicates() throws {
        var resumption = EventStreamResumption()
        let (parser, news) = try Self.read("id: a\ndata: 1\n\nid: a\ndata: 2\n\nid: b\ndata: 3\n\n", into: &resumption)
        #expect(news == [true, true, true])
        #expect(resumption.pause(after: parser) != nil)
        let (_, later) = try Self.read(
            "id: b\ndata: 3\n\ndata: 4\n\nid: c\ndata: 5\n\nid: c\ndata: 6\n\n", into: &resumption)
        #expect(later == [false, true, true, true])
    }

    @Test("of a long stream the latest ids are known")
    func manyEvents() throws {
        var resumption = EventStreamResumption()
        let count = 10 * EventStreamResumption.maxKnownIDs
        let (parser, _) = try Self.read((0..<count).map { "id: \($0)\ndata: x\n\n" }.joined(), into: &resumption)
        #expect(resumption.pause(after: parser) != nil)
        let (_, news) = try Self.read("id: \(count - 1)\ndata: x\n\nid: \(count)\ndata: x\n\n", into: &resumption)
        #expect(news == [false, true])
    }
}
