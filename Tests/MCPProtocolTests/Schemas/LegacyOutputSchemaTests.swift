import TestSupport
import Testing

@testable import MCPProtocol

@Suite("output schemas for older clients")
struct LegacyOutputSchemaTests {
    private func form(_ schema: String) throws -> LegacyOutputSchema {
        LegacyOutputSchema(try RawJSON(validating: schema))
    }

    @Test(
        "a schema of an object stays as it is",
        arguments: [
            ##"{ "type":"object","properties":{"a":{"$ref":"#"}} }"##, ##"{"$schema":7,"\u0074ype":"\u006fbject"}"##,
        ])
    func unchanged(schema: String) throws {
        #expect(try form(schema) == .unchanged)
    }

    @Test(
        "any other becomes the schema of an object with it inside, and its pointers go on pointing to what they did",
        arguments: [
            ("{}", "{}"), (##"{"type":"array"}"##, ##"{"type":"array"}"##),
            (##"{"type":["object"]}"##, ##"{"type":["object"]}"##),
            (##"{"$ref":"#"}"##, ##"{"$ref":"#/properties/result"}"##),
            (
                ##"{"$ref":"#\/$defs\/a%20b~1c", "$defs":{"a":{"items":[{"$ref":"#/$defs/a"},{"\u0024ref":"#x"}]}}}"##,
                ##"{"$ref":"#/properties/result/$defs/a%20b~1c", "$defs":{"a":{"items":[{"$ref":"#/properties/result/$defs/a"},{"\u0024ref":"#x"}]}}}"##
            ),
            (
                ##"{"anyOf":[{"$dynamicRef":"#/a"},{"$ref":"other.json#/a"}],"x-own":{"not":{"$ref":"#/b"}}}"##,
                ##"{"anyOf":[{"$dynamicRef":"#/properties/result/a"},{"$ref":"other.json#/a"}],"x-own":{"not":{"$ref":"#/properties/result/b"}}}"##
            ),
            // Data and names look like keywords.
            (
                ##"{"enum":[{"$ref":"#"}],"const":{"$ref":"#"},"default":{"$ref":"#"},"examples":[{"$ref":"#"}]}"##,
                ##"{"enum":[{"$ref":"#"}],"const":{"$ref":"#"},"default":{"$ref":"#"},"examples":[{"$ref":"#"}]}"##
            ),
            (
                ##"{"properties":{"const":{"$ref":"#"},"$ref":{"$ref":"#/a"}},"dependentSchemas":{"default":{"$ref":"#"}}}"##,
                ##"{"properties":{"const":{"$ref":"#/properties/result"},"$ref":{"$ref":"#/properties/result/a"}},"dependentSchemas":{"default":{"$ref":"#/properties/result"}}}"##
            ),
            // Below a URI, pointers begin there.
            (
                ##"{"items":{"$id":"https://e.x/s","items":{"$ref":"#"}},"contains":{"$id":"#anchor","not":{"$ref":"#"}}}"##,
                ##"{"items":{"$id":"https://e.x/s","items":{"$ref":"#"}},"contains":{"$id":"#anchor","not":{"$ref":"#/properties/result"}}}"##
            ),
            (##"{"$id":"s.json","items":{"$ref":"#"}}"##, ##"{"$id":"s.json","items":{"$ref":"#"}}"##),
            (##"{"$ref":7,"items":{"$ref":""}}"##, ##"{"$ref":7,"items":{"$ref":""}}"##),
        ])
    func wrapped(schema: String, inside: String) throws {
        let expected = #"{"type":"object","properties":{"result":\#(inside)},"required":["result"]}"#
        #expect(try form(schema) == .wrapped(RawJSON(validating: expected)))
    }

    @Test("the dialect is named at the root, and only there")
    func dialect() throws {
        let schema = ##"{"type":"array","$schema":"https://json-schema.org/draft/2019-09/schema","items":{}}"##
        let expected =
            ##"{"$schema":"https://json-schema.org/draft/2019-09/schema","type":"object","##
            + ##""properties":{"result":{"type":"array","items":{}}},"required":["result"]}"##
        #expect(try form(schema) == .wrapped(RawJSON(validating: expected)))
    }

    @Test(
        "what could mean something else when it is wrapped is not used",
        arguments: [
            "true", "[]", "7", ##"{"items":{"$recursiveRef":"#"}}"##, ##"{"$schema":7}"##,
            ##"{"allOf":[{"$recursiveAnchor":true}]}"##,
        ])
    func unusable(schema: String) throws {
        #expect(try form(schema) == .unusable)
    }

    @Test(
        "a tool in a list has the schema its results conform to",
        arguments: [
            (
                ##"{"type":"array"}"##, true, .v2025_11_25,
                ##"{"type":"object","properties":{"result":{"type":"array"}},"required":["result"]}"##
            ),
            (
                ##"{"type":"array"}"##, true, .v2025_06_18,
                ##"{"type":"object","properties":{"result":{"type":"array"}},"required":["result"]}"##
            ),
            (##"{"type":"array"}"##, true, .v2025_03_26, nil),
            (##"{"type":"array"}"##, true, .v2026_07_28, ##"{"type":"array"}"##),
            (##"{"type":"object"}"##, false, .v2025_11_25, ##"{"type":"object"}"##),
            (##"{"$recursiveRef":"#"}"##, false, .v2025_11_25, nil),
            (##"{"$recursiveRef":"#"}"##, false, .v2026_07_28, ##"{"$recursiveRef":"#"}"##),
        ] as [(String, Bool, ProtocolRevision, String?)])
    func listed(schema: String, isWrapped: Bool, revision: ProtocolRevision, expected: String?) throws {
        let tool = try RawJSON(
            validating: #"{"name":"t","inputSchema":{"type":"object"},"outputSchema":\#(schema)}"#)
        let item = tool.listItem(.tools, for: revision)
        #expect(item.member("outputSchema")?.text == expected)
        #expect(RawJSON.wrapsStructuredContent(ofTool: tool) == isWrapped)
        let document = try SchemaDocument.named(revision.rawValue)
        #expect(document.problems(in: try JSONTree(parsing: Array(item.bytes)), as: "Tool") == [])
    }

    @Test("for 2026-07-28 an input schema says that it is an object's")
    func inputSchema() throws {
        let tool = try RawJSON(validating: ##"{"name":"t", "inputSchema":{"properties":{} },"execution":{}}"##)
        #expect(
            tool.listItem(.tools, for: .v2026_07_28).text
                == ##"{"name":"t", "inputSchema":{"properties":{} ,"type":"object"}}"##)
        #expect(tool.listItem(.tools, for: .v2025_11_25) == tool)
        let odd = try RawJSON(validating: ##"{"inputSchema":{"type":"array"}}"##)
        #expect(odd.listItem(.tools, for: .v2026_07_28) == odd)
    }
}
