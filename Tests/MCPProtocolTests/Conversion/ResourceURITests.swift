import MCPProtocol
import Testing

@Suite("URIs of resources in messages")
struct ResourceURITests {
    static let blocks =
        #"{"type":"resource_link","uri":"*","name":"u:1"} , {"type":"resource","resource":{"uri":"*","text":"u:1"}},{"type":"text","text":"u:1","uri":"u:1"}"#
    static let meta = #""_meta":{"ui":{"resourceUri":"*","visibility":["app"]},"ui/resourceUri":"*","k":"u:1"}"#

    /// Each `*` is where a URI stands.
    static let cases: [(ResourceCarrier, String)] = [
        (.toolResult, #"{\#(meta),"content":[\#(blocks)],"structuredContent":{"uri":"u:1","n":1.0}}"#),
        (.toolResult, #"{"content":[{"type":"r\u0065source_link","uri":"*"},7,{}]}"#),
        (
            .promptResult,
            #"{"messages":[{"role":"user","content":{"resource":{"uri":"*"},"type":"resource"}},{}],\#(meta)}"#
        ),
        (.readResult, #"{"contents":[{"uri":"*","text":"u:1"},{"uri":"*","blob":""}, 1 ],\#(meta)}"#),
        (.toolDefinition, #"{"name":"u:1",\#(meta),"inputSchema":{"uri":"u:1"}}"#),
        (
            .samplingParams,
            #"{"messages":[{"content":{"type":"resource","resource":{"uri":"*"}}},{"content":[{"type":"tool_result","content":[\#(blocks)],"structuredContent":{"uri":"u:1"}},{"type":"text","text":""}]}],"tools":[{\#(meta.replacing("*", with: "u:1"))}]}"#
        ),
        (.toolResult, "[]"), (.promptResult, #"{"messages":{}}"#), (.readResult, #"{"contents":[{"uri":1}]}"#),
        (.toolDefinition, #"{"_meta":7}"#), (.samplingParams, #"{"messages":[{"content":7}]}"#),
    ]

    @Test("are found and replaced at their places, and every other byte stays", arguments: cases)
    func mapping(carrier: ResourceCarrier, template: String) throws {
        let given = try RawJSON(validating: template.replacing("*", with: "u:\\u0031"))
        var found: [String] = []
        given.forEachURI(in: carrier) { found.append($0) }
        #expect(found == [String](repeating: "u:1", count: template.count { $0 == "*" }))
        let mapped = given.mappingURIs(in: carrier) { "p+\($0)" }
        #expect(mapped.text == template.replacing("*", with: "p+u:1"))
        #expect(given.mappingURIs(in: carrier) { _ in nil }.text == given.text)
        #expect(given.mappingURIs(in: carrier) { $0 } == given)
    }

    @Test("whatever the bytes are, the outcome is JSON", arguments: 0..<8)
    func mutated(seed: UInt64) throws {
        var mutator = Mutator(seed: seed, corpus: Self.cases.map { Array($0.1.utf8) })
        for _ in 0..<300 {
            guard let value = try? RawJSON(validating: mutator.next()) else { continue }
            for carrier in [ResourceCarrier.toolResult, .promptResult, .readResult, .toolDefinition, .samplingParams] {
                _ = try RawJSON(validating: Array(value.mappingURIs(in: carrier) { "p+\"\($0)" }.bytes))
            }
        }
    }
}
