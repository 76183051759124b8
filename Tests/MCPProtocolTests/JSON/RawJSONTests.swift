import MCPProtocol
import Testing

@Suite("A raw JSON value")
struct RawJSONTests {
    @Test("keeps its exact bytes and its offsets, without the white space around it")
    func keepsBytes() throws {
        let buffer = Array("xx \t{\"a\" : 1.50e+2}\r\n ".utf8)
        let value = try RawJSON(validating: buffer[2...])
        #expect(value.text == "{\"a\" : 1.50e+2}")
        #expect(value.bytes.startIndex == 4)
        #expect(value.member("a")?.bytes.startIndex == 11)
        #expect(value.member("a")?.text == "1.50e+2")
        #expect(value.member("a")?.detached() == value.member("a"))
        #expect(value.member("a")?.detached().bytes.startIndex == 0)
    }

    @Test("finds members, the last of a repeated name, and names written with escapes")
    func findsMembers() throws {
        let value = try RawJSON(validating: #"{"a":1,"b":{"a":2},"a":[3],"\u0063\"":4,"":5,"é":6,"e\u0301":7}"#)
        #expect(value.member("a")?.text == "[3]")
        #expect(value.member("c\"")?.intValue == 4)
        #expect(value.member("")?.intValue == 5)
        #expect(value.member("\u{E9}")?.intValue == 6)
        #expect(value.member("e\u{301}")?.intValue == 7)
        #expect(value.member("x") == nil)
        #expect(value["b", "a"]?.intValue == 2)
        #expect(value["b", "x", "y"] == nil)
        #expect(value.members.map(\.name) == ["a", "b", "a", "c\"", "", "\u{E9}", "e\u{301}"])
        #expect(value.hasDuplicate(of: "b", "a"))
        #expect(value.duplicatedMember(of: ["b", "a"]) == "a")
        #expect(!value.hasDuplicate(of: "b", ""))
        let three = value.members("", "b", "zz")
        #expect(three.0?.intValue == 5)
        #expect(three.1?.text == #"{"a":2}"#)
        #expect(three.2 == nil)
        #expect(value.members("b", "a").1?.text == "[3]")
    }

    @Test("recognizes a repeated name behind an escape")
    func escapedDuplicate() throws {
        let value = try RawJSON(validating: #"{"id":1,"\u0069d":2}"#)
        #expect(value.hasDuplicate(of: "id"))
        #expect(value.member("id")?.intValue == 2)
    }

    @Test("a visitor sees each member once and can stop")
    func visits() throws {
        let value = try RawJSON(validating: #" {"one" : 1 , "t\u0077o":[2, {"x":"}"}] ,"three":"3,"} "#)
        var seen: [String] = []
        value.forEachMember { key, value in
            seen.append("\(key.string)=\(value.text)")
            return !(key == "two")
        }
        #expect(seen == ["one=1", #"two=[2, {"x":"}"}]"#])
    }

    @Test("gives its elements, and nothing for other kinds")
    func elements() throws {
        let value = try RawJSON(validating: #"[1 , "a,]" ,[2,[3]], {"k":[4]} ,null , true]"#)
        #expect(value.elements.map(\.text) == ["1", "\"a,]\"", "[2,[3]]", "{\"k\":[4]}", "null", "true"])
        #expect(value.element(2)?.text == "[2,[3]]")
        #expect(value.element(6) == nil)
        #expect(value.element(-1) == nil)
        #expect(value.element(.min) == nil)
        #expect(value.members.isEmpty)
        #expect(value.member("k") == nil)
        #expect(try RawJSON(validating: " [ ] ").elements.isEmpty)
        #expect(try RawJSON(validating: " { } ").members.isEmpty)
        #expect(try RawJSON(validating: "1").elements.isEmpty)
    }

    @Test(
        "decodes strings",
        arguments: [
            (#""""#, ""), (#""abc""#, "abc"), (#""a\"\\\/\b\f\n\r\t""#, "a\"\\/\u{8}\u{C}\n\r\t"),
            (#""\u00e9\u20AC\u0000""#, "é€\u{0}"), (#""\ud83d\ude00!""#, "😀!"),
            (#""😀 longer than eight""#, "😀 longer than eight"),
            (#""\ud800""#, "\u{FFFD}"), (#""\udc00x""#, "\u{FFFD}x"), (#""\ud800\ud83d\ude00""#, "\u{FFFD}😀"),
            (#""\ud800\n""#, "\u{FFFD}\n"), (#""\ud800\u0041""#, "\u{FFFD}A"),
        ])
    func strings(text: String, decoded: String) throws {
        let value = try RawJSON(validating: text)
        #expect(value.kind == .string)
        #expect(value.stringValue.map { Array($0.utf8) } == Array(decoded.utf8))
    }

    @Test(
        "reads integers only when they are exact",
        arguments: [
            ("0", 0), ("-0", 0), ("42", 42), ("42.0", 42), ("4.2e1", 42), ("420e-1", 42), ("-42.000E+0", -42),
            ("1e3", 1000), ("0e999999999999999999999", 0), ("0.0", 0), ("1000000000000000000000e-20", 10),
            ("9223372036854775807", .max), ("-9223372036854775808", .min), ("9223372036854775808", nil),
            ("-9223372036854775809", nil), ("0.5", nil), ("1e-1", nil), ("1e19", nil),
            ("1e18", 1_000_000_000_000_000_000),
            ("1e99999999999999999999999", nil), ("1e-99999999999999999999999", nil), ("18446744073709551616", nil),
            ("123456789012345678901234567890", nil), ("100.10e1", 1001), ("\"1\"", nil), ("true", nil),
        ] as [(String, Int64?)])
    func integers(text: String, expected: Int64?) throws {
        #expect(try RawJSON(validating: text).intValue == expected)
    }

    @Test("reads other scalars by kind")
    func scalars() throws {
        #expect(try RawJSON(validating: "2.5e-1").doubleValue == 0.25)
        #expect(try RawJSON(validating: "1e400").doubleValue == nil)
        #expect(try RawJSON(validating: "true").boolValue == true)
        #expect(try RawJSON(validating: "false").boolValue == false)
        #expect(try RawJSON(validating: "null").boolValue == nil)
        #expect(try RawJSON(validating: "null").isNull)
        #expect(try RawJSON(validating: "\"tools\\u002fcall\"").isString("tools/call"))
        #expect(try !RawJSON(validating: "\"tools/cal\"").isString("tools/call"))
    }

    @Test("limits size and depth, and says so")
    func limits() throws {
        let nested = String(repeating: "[", count: 128) + String(repeating: "]", count: 128)
        _ = try RawJSON(validating: nested)
        let deeper = #expect(throws: JSONError.self) { try RawJSON(validating: "[" + nested + "]") }
        #expect(deeper == JSONError(.tooDeep(limit: 128), offset: 128))
        let long = #expect(throws: JSONError.self) {
            try RawJSON(validating: "[1,2]", limits: JSONLimits(maxBytes: 4))
        }
        #expect(long?.description == "longer than 4 bytes")
        _ = try RawJSON(validating: "[1]", limits: JSONLimits(maxBytes: 3, maxDepth: 1))
        #expect(throws: JSONError(.tooDeep(limit: 0), offset: 0)) {
            try RawJSON(validating: "[1]", limits: JSONLimits(maxDepth: 0))
        }
        #expect(JSONLimits(maxDepth: .max).maxDepth == JSONLimits.deepestNesting)
    }

    @Test("keeps track of mixed containers past 64 and 128 levels")
    func deepMixed() throws {
        var text = "1"
        for level in 0..<300 { text = level % 3 == 0 ? #"{"k":"# + text + ",\"l\":[]}" : "[" + text + ",{}]" }
        let limits = JSONLimits(maxDepth: 301)
        _ = try RawJSON(validating: text, limits: limits)
        let wrong = text.dropLast() + (text.last == "]" ? "}" : "]")
        #expect(throws: JSONError.self) { try RawJSON(validating: String(wrong), limits: limits) }
    }

    @Test(
        "names the fact and the offset of an error",
        arguments: [
            (#"{"a":[1,2}"#, "unexpected byte 0x7D at offset 9"), ("", "the text ends early, at offset 0"),
            ("[1] x", "unexpected bytes after the value at offset 4"), ("[01]", "invalid number at offset 2"),
            (#"["\x"]"#, "invalid escape in a string at offset 3"),
            ("[\"a\nb\"]", "unescaped control character 0x0A in a string at offset 3"),
            ("[tru]", "unexpected byte 0x5D at offset 4"),
        ])
    func errors(text: String, description: String) {
        let error = #expect(throws: JSONError.self) { try RawJSON(validating: text) }
        #expect(error?.description == description)
    }

    @Test("offsets of errors count from the start of the text, not of the buffer")
    func errorOffset() {
        let error = #expect(throws: JSONError.self) { try RawJSON(validating: Array("xxxx[}".utf8)[4...]) }
        #expect(error == JSONError(.unexpectedByte(0x7D), offset: 1))
    }

    @Test("is equal by bytes")
    func equality() throws {
        #expect(try RawJSON(validating: " [1]") == RawJSON(validating: "[1] "))
        #expect(try RawJSON(validating: "[1]") != RawJSON(validating: "[1.0]"))
    }
}
