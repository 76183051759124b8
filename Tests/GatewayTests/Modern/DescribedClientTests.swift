import MCPProtocol
import Testing

@testable import Gateway

@Suite("Descriptions of clients that are known from a request before")
struct DescribedClientTests {
    private static func meta(_ rest: String = "", capabilities: String = "{}") -> String {
        #"{"io.modelcontextprotocol/protocolVersion":"2026-07-28","#
            + #""io.modelcontextprotocol/clientCapabilities":\#(capabilities)\#(rest)}"#
    }

    private static func json(_ text: String) throws -> RawJSON { try RawJSON(validating: Array(text.utf8)) }

    private static func partition() -> FrontSession {
        FrontSession(id: "p", revision: .v2026_07_28, clientInfo: Implementation(name: "", version: ""))
    }

    private static func client(_ meta: String, _ partition: FrontSession = partition()) throws -> DescribedClient {
        let members = try #require(RequestMembers(try json(#"{"_meta":\#(meta)}"#)).meta).detached()
        return DescribedClient(members, try RequestMeta(members), partition: partition)
    }

    @Test("the same text is the same client, wherever it stands; another spelling is found out anew")
    func letters() throws {
        var known = KnownDescriptions(limit: 10)
        let (one, other) = (Self.meta(), Self.meta(capabilities: #"{"sampling":{}}"#))
        let clients = (try Self.client(one), try Self.client(other))
        known.keep(clients.0)
        known.keep(clients.1)
        for _ in 0..<2 {
            #expect(known.client(describedAs: try Self.json(one)) === clients.0)
            #expect(known.client(describedAs: try Self.json(other)) === clients.1)
            #expect(known.client(describedAs: try Self.json(one.replacing(":{}", with: ": {}"))) == nil)
        }
    }

    @Test("what is found in an equal text is found at its own place")
    func places() throws {
        let first = try #require(
            RequestMembers(try Self.json(#"{"_meta":\#(Self.meta(#","x":1"#))}"#)).meta)
        let params = try Self.json(#"{"name":"t", "_meta" : \#(Self.meta(#","x":1"#)), "arguments":{}}"#)
        var asked: [RawJSON] = []
        let members = RequestMembers(params) { meta in
            asked.append(meta)
            return first
        }
        #expect(asked == [try Self.json(Self.meta(#","x":1"#))])
        #expect(members.meta?.version?.stringValue == "2026-07-28")
        #expect(members.meta?.text == members[.meta])
        #expect(members.meta?.isOfClientAlone == false)
        #expect(try RequestMeta(members).clientCapabilities == .emptyObject)
    }

    @Test("a _meta that is there twice is not looked up, but refused")
    func twice() throws {
        let params = try Self.json(#"{"_meta":\#(Self.meta()),"_meta":\#(Self.meta())}"#)
        let members = RequestMembers(params) { _ in
            Issue.record("was looked up")
            return nil
        }
        #expect(throws: MessageError.self) { try RequestMeta(members) }
    }

    @Test(
        "what says something of its request alone is not kept",
        arguments: [
            #","progressToken":1"#, #","progressToken":null"#, #","traceparent":"00-1-2-00""#, #","x":{}"#,
        ])
    func own(rest: String) throws {
        let members = try #require(RequestMembers(try Self.json(#"{"_meta":\#(Self.meta(rest))}"#)).meta)
        #expect(!KnownDescriptions.mayKeep(members))
    }

    @Test("what a client says of itself is kept, unless it is long")
    func mayKeep() throws {
        let told =
            #","io.modelcontextprotocol/clientInfo":{"name":"a","version":"1"}"#
            + #","io.modelcontextprotocol/logLevel":"info","mcp-gateway/affinity":"run-1""#
        let short = try Self.client(Self.meta(told))
        #expect(KnownDescriptions.mayKeep(short.members))
        #expect(short.logLevel == .info && short.meta.affinity == "run-1")
        let long = #","io.modelcontextprotocol/clientInfo":{"name":"\#(String(repeating: "n", count: 5000))"}"#
        #expect(!KnownDescriptions.mayKeep(try Self.client(Self.meta(long)).members))
    }

    @Test("one whose partition has ended is forgotten, and so are all of one that has to go")
    func ended() async throws {
        var known = KnownDescriptions(limit: 10)
        let (one, other) = (Self.partition(), Self.partition())
        let texts = [Self.meta(), Self.meta(capabilities: #"{"roots":{}}"#), Self.meta(capabilities: #"{"x":{}}"#)]
        for (text, partition) in zip(texts, [one, other, other]) { known.keep(try Self.client(text, partition)) }
        #expect(known.client(describedAs: try Self.json(texts[0])) != nil)
        await one.end(reason: "over")
        #expect(known.client(describedAs: try Self.json(texts[0])) == nil)
        #expect(known.count == 2)
        #expect(known.client(describedAs: try Self.json(texts[1])) != nil)
        known.forget(other)
        #expect(known.client(describedAs: try Self.json(texts[1])) == nil)
        #expect(known.count == 0)
    }

    @Test("there are never more than the limit")
    func limit() throws {
        var known = KnownDescriptions(limit: 3)
        for number in 0..<10 {
            known.keep(try Self.client(Self.meta(capabilities: #"{"x\#(number)":{}}"#)))
            #expect(known.count <= 3)
        }
        #expect(known.client(describedAs: try Self.json(Self.meta(capabilities: #"{"x9":{}}"#))) != nil)
    }
}
