import MCPProtocol
import Testing

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
