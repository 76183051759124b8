import TestSupport
import Testing

struct SchemaTests {
    @Test("every official schema is read whole, without an unknown keyword", arguments: SchemaDocument.names)
    func readsOfficial(name: String) throws {
        #expect(try SchemaDocument.named(name).definitionNames.count > 70)
    }

    @Test(
        "a schema that would be checked only in part is refused",
        arguments: [
            #"{"$defs":{"A":{"patternProperties":{}}}}"#, #"{"$defs":{"A":{"format":"date"}}}"#,
            ##"{"$defs":{"A":{"$ref":"#/$defs/B"}}}"##, #"{"$defs":{"A":{"$ref":"other.json"}}}"#,
            #"{"$defs":{"A":{"type":"text"}}}"#, #"{"$defs":{"A":{"items":[{}]}}}"#, #"{"$defs":{"A":{"not":7}}}"#,
        ])
    func refuses(schema: String) {
        #expect(throws: (any Error).self) { try SchemaDocument(parsing: Array(schema.utf8)) }
    }

    @Test(
        "each keyword accepts what it should and refuses the rest",
        arguments: [
            (#"{"type":["string","null"]}"#, #"null"#, "7"),
            (#"{"type":"integer"}"#, "1.0", "1.5"),
            (#"{"type":"number"}"#, "1", "true"),
            (#"{"const":{"a":1}}"#, #"{"a":1.0}"#, #"{"a":2}"#),
            (#"{"enum":["a",1]}"#, "1", #""b""#),
            (#"{"required":["a"]}"#, #"{"a":null}"#, "{}"),
            (#"{"properties":{"a":{"type":"string"}},"additionalProperties":false}"#, #"{"a":""}"#, #"{"b":""}"#),
            (#"{"additionalProperties":{"type":"string"}}"#, #"{"b":""}"#, #"{"b":1}"#),
            (#"{"propertyNames":{"maxLength":1}}"#, #"{"b":1}"#, #"{"bb":1}"#),
            (#"{"items":{"type":"null"}}"#, "[null]", "[null,1]"),
            (#"{"minItems":1,"maxItems":2}"#, "[1]", "[]"),
            (#"{"maxItems":2}"#, "[1,2]", "[1,2,3]"),
            (#"{"minimum":0,"maximum":1}"#, "1", "1.01"),
            (#"{"minLength":2}"#, #""é😀""#, #""😀""#),
            (#"{"pattern":"^a+$"}"#, #""aa""#, #""ab""#),
            (#"{"anyOf":[{"type":"null"},{"type":"string"}]}"#, #""a""#, "1"),
            (#"{"oneOf":[{"type":"number"},{"type":"integer"}]}"#, "1.5", "1"),
            (#"{"allOf":[{"minimum":1},{"maximum":2}]}"#, "2", "3"),
            (#"{"not":{"type":"string"}}"#, "1", #""a""#),
            (#"{"format":"uri"}"#, #""file:///a""#, #""/a b""#),
            (#"{"format":"uri-template"}"#, #""a://{b}/{c}""#, #""a://{b{c}}""#),
            (#"{"format":"byte"}"#, #""aGk=""#, #""aGk""#),
            (##"{"$ref":"#/$defs/B"}"##, "1", #""a""#),
        ])
    func keyword(schema: String, good: String, bad: String) throws {
        let text = #"{"$defs":{"A":\#(schema),"B":{"type":"integer"}}}"#
        let document = try SchemaDocument(parsing: Array(text.utf8))
        #expect(document.problems(in: try JSONTree(parsing: good), as: "A") == [])
        #expect(document.problems(in: try JSONTree(parsing: bad), as: "A") != [])
    }

    @Test("a problem names its place and its reason")
    func wording() throws {
        let document = try SchemaDocument.named("2025-06-18")
        let result: JSONTree = ["content": [["type": "text", "text": "a"], ["type": "text", "text": 7]]]
        #expect(
            document.problems(in: result, as: "CallToolResult") == [
                "$.content[1].text: is integer, should be string (as TextContent)"
            ])
        #expect(
            document.problems(in: ["content": [["type": "video"]]], as: "CallToolResult") == [
                "$.content[0]: is none of TextContent, ImageContent, AudioContent, ResourceLink, EmbeddedResource: "
                    + #"{"type":"video"}"#
            ])
    }
}
