import TestSupport
import Testing

struct JSONTreeTests {
    @Test("a text comes back as it was written, but for white space and escapes")
    func roundTrip() throws {
        let text = #"{"a":[1,-0.5e3,1.0,true,false,null],"b":{"":"é\u0001\"\\\n😀"}}"#
        #expect(try JSONTree(parsing: text).description == text)
        #expect(try JSONTree(parsing: #" [ "\u00e9\ud83d\ude00\/" ] "#) == ["é😀/"])
    }

    @Test(
        "what is not one JSON text is refused",
        arguments: [
            "", "{", "[1,]", #"{"a":1,}"#, "01", "1.", ".5", "+1", "nul", "1 2", #""\x""#, "\"\n\"", #""\ud800""#,
            #""\ud800\u0041""#, #"{"a":1,"a":2}"#, #"{"a" 1}"#, "[1 2]", #"{1:2}"#, "NaN",
            String(repeating: "[", count: 300) + String(repeating: "]", count: 300),
        ])
    func refuses(text: String) {
        #expect(throws: JSONTree.SyntaxError.self) { try JSONTree(parsing: text) }
    }

    @Test("bytes that are not UTF-8 are refused")
    func refusesBadUTF8() {
        #expect(throws: JSONTree.SyntaxError.self) { try JSONTree(parsing: [0x22, 0xC3, 0x22]) }
    }

    @Test("numbers mean the same however they are spelled")
    func numbers() {
        #expect(JSONTree.number("1.0").means(1))
        #expect(JSONTree.number("1e2").isInteger)
        #expect(!JSONTree.number("1.5").isInteger)
        #expect(JSONTree.number("2.0").int == 2)
        #expect(!JSONTree.bool(true).means(1))
    }
}
