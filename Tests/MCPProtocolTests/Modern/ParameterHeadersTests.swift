import Testing

@testable import MCPProtocol

@Suite("arguments that headers repeat")
struct ParameterHeadersTests {
    private func headers(_ schema: String) throws -> ParameterHeaders {
        try ParameterHeaders(inputSchema: RawJSON(validating: schema))
    }

    private func schema(_ properties: String) -> String { #"{"type":"object","properties":{\#(properties)}}"# }

    @Test("marks are found through properties, at any depth")
    func found() throws {
        let nested = (0..<40).reduce(#"{"type":"integer","x-mcp-header":"Deep"}"#) { inner, _ in
            schema(#""p":\#(inner)"#)
        }
        let found = try headers(
            schema(
                #""a":{"x-mcp-header":"Region","type":"string"},"properties":{"type":"boolean","x-mcp-h\u0065ader":"b"},"#
                    + #""x-mcp-header":{"type":"string"},"default":{"type":"string","x-mcp-header":"D"},"o":\#(nested)"#
            ))
        #expect(found.parameters.map(\.header) == ["Region", "b", "D", "Deep"].map { "Mcp-Param-\($0)" })
        #expect(found.parameters.map(\.type) == [.string, .boolean, .string, .integer])
        #expect(found.parameters[0].path == ["a"])
        #expect(found.parameters[3].path == ["o"] + [String](repeating: "p", count: 40))
        #expect(!found.isEmpty)
    }

    @Test(
        "a schema without marks has none",
        arguments: [
            "{}", "[]", "true", #"{"properties":7}"#, #"{"properties":{"a":{"type":"number"},"\u0062":{}}}"#,
            #"{"default":{"x-mcp-header":"A"},"enum":[{"x-mcp-header":1}],"description":"x-mcp-header"}"#,
            #"{"$defs":{"x-mcp-header":{"type":"string"}},"items":{"properties":{"x-mcp-header":{}}}}"#,
            #"{"properties":{"a":{"type":"string","const":{"x-mcp-header":"A"}}}}"#,
        ])
    func none(schema: String) throws {
        #expect(try headers(schema) == .none)
    }

    static let unreachable = #"stands where no property is reached through "properties" alone"#

    @Test(
        "a mark anywhere else, or of the wrong form, is a violation",
        arguments: [
            (#"{"x-mcp-header":"A","type":"string"}"#, "inputSchema.x-mcp-header \(unreachable)"),
            (
                #"{"items":{"properties":{"default":{"type":"string","x-mcp-header":"A"}}}}"#,
                "inputSchema.items.properties.default.x-mcp-header \(unreachable)"
            ),
            (
                #"{"$defs":{"a":{"type":"string","x-mcp-header":"A"}}}"#,
                "inputSchema.$defs.a.x-mcp-header \(unreachable)"
            ),
            (
                #"{"oneOf":[{},{"properties":{"a":{"type":"string","x-mcp-header":"A"}}}]}"#,
                "inputSchema.oneOf.1.properties.a.x-mcp-header \(unreachable)"
            ),
            (
                #"{"properties":[{"type":"string","x-mcp-header":"A"}]}"#,
                "inputSchema.properties.0.x-mcp-header \(unreachable)"
            ),
            (
                #"{"properties":{"a":{"type":"string","x-mcp-header":""}}}"#,
                "inputSchema.properties.a.x-mcp-header must be an HTTP token (RFC 9110, section 5.6.2)"
            ),
            (
                #"{"properties":{"a":{"type":"string","x-mcp-header":"a b"}}}"#,
                "inputSchema.properties.a.x-mcp-header must be an HTTP token (RFC 9110, section 5.6.2)"
            ),
            (
                #"{"properties":{"a":{"type":"string","x-mcp-header":"é"}}}"#,
                "inputSchema.properties.a.x-mcp-header must be an HTTP token (RFC 9110, section 5.6.2)"
            ),
            (
                #"{"properties":{"a":{"type":"string","x-mcp-header":true}}}"#,
                "inputSchema.properties.a.x-mcp-header must be an HTTP token (RFC 9110, section 5.6.2)"
            ),
            (
                #"{"properties":{"a":{"type":"number","x-mcp-header":"A"}}}"#,
                "inputSchema.properties.a.x-mcp-header stands at a property whose type is not string, integer or boolean"
            ),
            (
                #"{"properties":{"a":{"type":["string"],"x-mcp-header":"A"}}}"#,
                "inputSchema.properties.a.x-mcp-header stands at a property whose type is not string, integer or boolean"
            ),
            (
                #"{"properties":{"a":{"type":"string","x-mcp-header":"A"},"b":{"type":"string","x-mcp-header":"a"}}}"#,
                #"inputSchema marks two properties with "a""#
            ),
            (
                #"{"properties":{"a":{"type":"string","x-mcp-header":"A","x-mcp-header":"B"}}}"#,
                #"inputSchema.properties.a.x-mcp-header or "type" beside it, appears more than once"#
            ),
        ])
    func violations(schema: String, fact: String) throws {
        #expect {
            try headers(schema)
        } throws: { error in
            "\(error)" == fact
        }
    }

    @Test(
        "arguments become text of their type",
        arguments: [
            ("string", #"{"a":"\u0041"}"#, "A"), ("string", #"{"a":""}"#, ""), ("string", #"{"a":null}"#, nil),
            ("string", "{}", nil), ("string", #"{"a":1}"#, nil), ("boolean", #"{"a":true}"#, "true"),
            ("boolean", #"{"a":false}"#, "false"), ("boolean", #"{"a":"true"}"#, nil), ("integer", #"{"a":42}"#, "42"),
            ("integer", #"{"a":42.0}"#, "42"), ("integer", #"{"a":-4.2e1}"#, "-42"), ("integer", #"{"a":4.5}"#, nil),
            ("integer", #"{"a":9007199254740991}"#, "9007199254740991"),
            ("integer", #"{"a":9007199254740992}"#, nil), ("integer", #"{"a":9007199254740991.1}"#, nil),
            ("integer", #"{"a":-9223372036854775808}"#, nil), ("integer", #"{"a":"1"}"#, nil), ("integer", "[]", nil),
        ] as [(String, String, String?)])
    func texts(type: String, arguments: String, expected: String?) throws {
        let parameter = try #require(
            try headers(schema(#""a":{"type":"\#(type)","x-mcp-header":"H"}"#)).parameters.first)
        #expect(parameter.text(in: try RawJSON(validating: arguments)) == expected)
        #expect(parameter.text(in: nil) == nil)
    }

    @Test(
        "integers are the same as numbers, everything else byte for byte",
        arguments: [
            ("integer", "42", "42", true), ("integer", "42.0", "42", true), ("integer", "4.2e1", "42", true),
            ("integer", "043", "43", false), ("integer", "0x2a", "42", false), ("integer", "+42", "42", false),
            ("integer", "", "0", false), ("integer", "nan", "42", false), ("integer", "-0", "0", true),
            ("string", "42.0", "42", false), ("string", "\u{e9}", "e\u{301}", false), ("boolean", "true", "true", true),
            ("boolean", "True", "true", false),
        ])
    func same(type: String, header: String, text: String, expected: Bool) throws {
        let parameter = try #require(
            try headers(schema(#""a":{"type":"\#(type)","x-mcp-header":"H"}"#)).parameters.first)
        #expect(parameter.isSame(header, text) == expected)
    }
}
