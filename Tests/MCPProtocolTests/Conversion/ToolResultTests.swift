import TestSupport
import Testing

@testable import MCPProtocol

@Suite("results of tools for older clients")
struct ToolResultTests {
    private func adapted(_ result: String, _ revision: ProtocolRevision) throws -> String {
        let result = try RawJSON(validating: result)
        // Between legacy revisions it does not matter which one the server speaks.
        let adapted = result.toolResult(from: .v2025_11_25, for: revision)
        for source in ProtocolRevision.legacy { #expect(result.toolResult(from: source, for: revision) == adapted) }
        return adapted.text
    }

    static let link =
        #"{"type":"resource_link","uri":"a:b","name":"n","title":"T","description":"D","annotations":{"priority":1.0}}"#
    static let audio = #"{"type":"audio","data":"AA\/=","mimeType":"audio/wav"}"#

    @Test(
        "what a revision can express is not touched",
        arguments: [
            (
                #"{ "content" : [\#(audio), \#(link),{"text":"","type":"text"}], "structuredContent":{"a":1.0} }"#,
                ProtocolRevision.v2025_06_18
            ),
            (#"{ "content" : [\#(audio) , \#(link)] }"#, .v2025_06_18),
            (#"{"content":[\#(audio),{"type":"text","text":"\u00e9"}],"x":1e5}"#, .v2025_03_26),
            (#"{"content":[ {"type":"image","data":"","mimeType":"x"} ]}"#, .v2024_11_05),
            (#"{"content":[]}"#, .v2024_11_05),
            (#"{"content":7}"#, .v2024_11_05), (#"{"content":[7,null,{"type":9}]}"#, .v2024_11_05),
            ("[]", .v2024_11_05),
        ])
    func unchanged(result: String, revision: ProtocolRevision) throws {
        #expect(try adapted(result, revision) == result)
    }

    @Test("links become texts, sounds embedded resources, and the rest stays as it was")
    func content() throws {
        let result = #"{"x":1.0,"content":[\#(Self.link),\#(Self.audio),{"type":"new","y":"\u0041"}],"isError":false}"#
        let text = #"{"type":"text","text":"T\na:b\nD","annotations":{"priority":1.0}}"#
        let resource =
            #"{"type":"resource","resource":{"uri":"audio:content/1","mimeType":"audio/wav","blob":"AA\/="}}"#
        #expect(
            try adapted(result, .v2024_11_05)
                == #"{"x":1.0,"content":[\#(text),\#(resource),{"type":"new","y":"\u0041"}],"isError":false}"#)
        #expect(
            try adapted(result, .v2025_03_26)
                == #"{"x":1.0,"content":[\#(text),\#(Self.audio),{"type":"new","y":"\u0041"}],"isError":false}"#)
    }

    @Test("structured content becomes a text where there is none")
    func structured() throws {
        #expect(
            try adapted(#"{"content":[],"structuredContent":{"a":[1.0,"\""]}}"#, .v2025_03_26)
                == #"{"content":[{"type":"text","text":"{\"a\":[1.0,\"\\\"\"]}"}]}"#)
        #expect(
            try adapted(#"{"content":[{"type":"text","text":"t"}],"structuredContent":{"a":1}}"#, .v2025_03_26)
                == #"{"content":[{"type":"text","text":"t"}]}"#)
        #expect(
            try adapted(#"{"structuredContent":{}}"#, .v2025_03_26)
                == #"{"content":[{"type":"text","text":"{}"}]}"#)
    }

    @Test(
        "structured content keeps its place where a revision has it, and gets a text",
        arguments: ["2025-06-18", "2025-11-25"])
    func structuredWithText(revision: String) throws {
        let result = #"{"structuredContent":{"a":1.0},"content":[ \#(Self.link) ],"x":1e0}"#
        let text = #"{"type":"text","text":"{\"a\":1.0}"}"#
        let adapted = try adapted(result, try #require(ProtocolRevision(rawValue: revision)))
        #expect(adapted == #"{"structuredContent":{"a":1.0},"content":[ \#(Self.link) ,\#(text)],"x":1e0}"#)
        let response = JSONRPC.response(id: 1, result: try RawJSON(validating: adapted))
        let validator = try MessageValidator(revision: revision)
        #expect(validator.problems(in: response, sender: .server, answering: "tools/call") == [])
    }
}
