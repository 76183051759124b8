import MCPProtocol
import Testing

@Suite("A JSON tree")
struct JSONValueTests {
    @Test("reads well as a literal, keeps order, and finds what is in it")
    func literal() throws {
        let value: JSONValue = [
            "name": "x", "count": 3, "ratio": 0.5, "ok": true, "none": nil, "list": [1, "two", [nil]], "empty": [:],
        ]
        #expect(
            String(decoding: value.serialized(), as: UTF8.self)
                == #"{"name":"x","count":3,"ratio":0.5,"ok":true,"none":null,"list":[1,"two",[null]],"empty":{}}"#)
        #expect(value["count"]?.intValue == 3)
        #expect(value["ratio"]?.doubleValue == 0.5)
        #expect(value["ok"]?.boolValue == true)
        #expect(value["none"]?.isNull == true)
        #expect(value["absent"] == nil)
        #expect(value["list"]?[1]?.stringValue == "two")
        #expect(value["list"]?[2]?[0] == .null)
        #expect(value["list"]?[3] == nil)
        #expect(value["list"]?[-1] == nil)
        #expect(value["name"]?[0] == nil)
        #expect(value.objectValue?.names.first == "name")
        #expect(try JSONValue(parsing: value.serialized()) == value)
        #expect(value.raw["name"]?.stringValue == "x")
        #expect(JSONValue(UInt64.max).description == "18446744073709551615")
    }

    @Test("members can be changed in place, appended and removed")
    func changes() {
        var value: JSONValue = ["a": 1, "b": 2, "a": 3]
        value["a"] = 4
        #expect(value == ["b": 2, "a": 4])
        value["c"] = [:]
        value["b"] = nil
        #expect(value == ["a": 4, "c": [:]])
        var other: JSONValue = "text"
        other["a"] = 1
        #expect(other == "text")
    }

    @Test("prints one member or element a line")
    func prettyPrinting() {
        let value: JSONValue = ["a": [1, ["b\n": nil]], "c": [], "d": [:]]
        #expect(
            value.prettyPrinted() == """
                {
                  "a": [
                    1,
                    {
                      "b\\n": null
                    }
                  ],
                  "c": [],
                  "d": {}
                }
                """)
    }

    @Test(
        "numbers stay as they were written", arguments: ["1.0", "1E+5", "-0", "123456789012345678901234567890", "0.10"])
    func numbers(text: String) throws {
        #expect(try JSONValue(parsing: text).description == text)
    }
}

@Suite("The JSON writer")
struct JSONWriterTests {
    @Test("puts commas where they belong")
    func commas() throws {
        var writer = JSONWriter()
        writer.beginArray()
        writer.beginObject()
        writer.endObject()
        writer.beginArray()
        writer.integer(1)
        writer.integer(UInt64.max)
        writer.integer(Int64.min)
        writer.endArray()
        writer.beginObject()
        writer.key("a")
        writer.beginObject()
        writer.key("b")
        writer.null()
        writer.endObject()
        writer.key("c")
        writer.bool(false)
        writer.key("d")
        writer.raw(Array("[ ]".utf8))
        writer.key("e")
        writer.raw(try RawJSON(validating: " 1.0 "))
        writer.key("f")
        writer.value(["x": [1.5]])
        writer.endObject()
        writer.number(0.1)
        writer.number(.infinity)
        writer.number(1e300)
        writer.endArray()
        let text = String(decoding: writer.finish(), as: UTF8.self)
        #expect(
            text
                == #"[{},[1,18446744073709551615,-9223372036854775808],{"a":{"b":null},"c":false,"d":[ ],"e":1.0,"f":{"x":[1.5]}},0.1,null,1e+300]"#
        )
        _ = try RawJSON(validating: text)
    }

    @Test("quotes every scalar so that it is read back", arguments: [0..<0x300, 0xD700..<0xE100, 0xFF00..<0x10100])
    func quoting(range: Range<UInt32>) throws {
        for number in range {
            guard let scalar = Unicode.Scalar(number) else { continue }
            let string = "a\(scalar)b"
            let quoted = try RawJSON(validating: JSONWriter.quote(string))
            #expect(quoted.stringValue.map { Array($0.utf8) } == Array(string.utf8))
        }
        #expect(JSONWriter.quote("\u{1}\u{1F}\t\"\\/") == Array(#""\u0001\u001f\t\"\\/""#.utf8))
    }
}

@Suite("JSON with comments")
struct JSONCTests {
    @Test(
        "comments and last commas are blanked, nothing else",
        arguments: [
            ("{} // x", "{}     "), ("{/* a\n b */}", "{    \n     }"), ("[1,2,]", "[1,2 ]"),
            ("{\"a\":1, }", "{\"a\":1  }"),
            ("[1, // last\n]", "[1         \n]"), ("[1 /*x*/ , /*y*/ ]", "[1               ]"),
            (#"{"a":"// no /* no */ ,]"}"#, #"{"a":"// no /* no */ ,]"}"#), (#"["\"//",]"#, #"["\"//" ]"#),
            ("[[1,],]", "[[1 ] ]"), ("[,]", "[,]"), ("{,}", "{,}"), ("[1,,]", "[1,,]"), ("[\"a,\",]", "[\"a,\" ]"),
            ("// é\r\n1", "     \r\n1"), ("\u{FEFF}{}", "   {}"), ("1 /", "1 /"), ("", ""), ("[{},]", "[{} ]"),
            ("/**/1", "    1"),
            ("/*/ 1 */2", "        2"), ("[\"unterminated,]", "[\"unterminated,]"), ("\"a\\", "\"a\\"),
        ])
    func blanks(text: String, expected: String) throws {
        #expect(String(decoding: try JSONC.strict(Array(text.utf8)), as: UTF8.self) == expected)
    }

    @Test("a comment that does not end is an error where it begins")
    func unterminated() {
        for text in ["[1] /* x", "[1] /*", "[1] /*/", "[1] /* *"] {
            #expect(throws: JSONError(.unterminatedComment, offset: 4)) { try JSONC.strict(Array(text.utf8)) }
        }
    }

    @Test("strict JSON is left as it is, and the length never changes")
    func strictStays() throws {
        for text in GrammarCases.accepted {
            #expect(try JSONC.strict(Array(text.utf8)) == Array(text.utf8))
        }
        var mutator = Mutator(seed: 77, corpus: GrammarCases.all + [Array("{ // c\n \"a\": [1, /* x */], }".utf8)])
        for _ in 0..<2000 {
            let text = mutator.next()
            guard let strict = try? JSONC.strict(text) else { continue }
            #expect(strict.count == text.count)
            #expect(strict.filter { $0 == 0x0A } == text.filter { $0 == 0x0A })
        }
    }

    @Test("an error's offset gives the line and column an editor shows")
    func positions() throws {
        let text = Array("{\r\n  // é\n  \"é\": x\r}".utf8)
        let error = #expect(throws: JSONError.self) { try RawJSON(validating: JSONC.strict(text)) }
        #expect(TextPosition(offset: error?.offset ?? 0, in: text).description == "line 3, column 8")
        #expect(TextPosition(offset: 0, in: text).description == "line 1, column 1")
        #expect(TextPosition(offset: 1000, in: text).description == "line 4, column 2")
        #expect(TextPosition(offset: -1, in: []).description == "line 1, column 1")
    }
}
