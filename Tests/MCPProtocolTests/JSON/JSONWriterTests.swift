import MCPProtocol
import Testing

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
