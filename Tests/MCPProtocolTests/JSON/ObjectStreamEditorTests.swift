import Testing

@testable import MCPProtocol

@Suite("Members of an object that arrives in pieces")
struct ObjectStreamEditorTests {
    private static func editor() -> ObjectStreamEditor {
        ObjectStreamEditor([
            ("kind", .first(Array(#""ours""#.utf8))), ("ttl", .addedLast(Array("0".utf8))),
            ("über", .addedLast(Array("{}".utf8))), ("gone", .removed),
            (
                "meta",
                .replaced(
                    { $0.kind == .null ? nil : [UInt8(ascii: "[")] + Array($0.bytes) + [UInt8(ascii: "]")] }, else: nil)
            ),
        ])
    }

    private static func edit(_ text: String, by size: Int) -> String {
        var editor = editor()
        var output: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            output += editor.edit(rest.prefix(size))
            rest = rest.dropFirst(size)
        }
        return String(decoding: output, as: UTF8.self)
    }

    private static let ours = #""kind":"ours""#
    private static let theirs = #""ttl":0,"über":{}"#

    @Test(
        "members of the first kind are replaced, those of the last added where there are none, however the text is cut",
        arguments: [
            ("{}", "{\(ours),\(theirs)}"), (" { } ", " {\(ours),\(theirs)} "),
            (#"{"a":1}"#, #"{\#(ours),"a":1,\#(theirs)}"#),
            (#"{"kind":"theirs"}"#, "{\(ours),\(theirs)}"),
            (#"{"a":1,"kind":"x","b":2}"#, #"{\#(ours),"a":1,"b":2,\#(theirs)}"#),
            (#"{"kind":{"a":[1,"}],\""]},"b":2,"kind":null}"#, #"{\#(ours),"b":2,\#(theirs)}"#),
            (#"{"k\u0069nd":1,"kind ":2,"kin":3}"#, #"{\#(ours),"kind ":2,"kin":3,\#(theirs)}"#),
            (
                #"{"a":{"kind":1,"ttl":2},"b":["kind",{"kind":3}]}"#,
                #"{\#(ours),"a":{"kind":1,"ttl":2},"b":["kind",{"kind":3}],\#(theirs)}"#
            ),
            (#"{"ttl":5,"x":"kind"}"#, #"{\#(ours),"ttl":5,"x":"kind","über":{}}"#),
            (#"{"\u00fcber":[],"ttl":7}"#, #"{\#(ours),"\u00fcber":[],"ttl":7}"#),
            ("{ \"a\" : \"\\\\\" ,\n\t\"kind\" : \"\\\"\" }\n", "{\(ours),\"a\" : \"\\\\\" ,\(theirs)}\n"),
            (#"{"gone":{"a":["gone"]},"a":"gone","g\u006fne":0}"#, #"{\#(ours),"a":"gone",\#(theirs)}"#),
            (#"{"a":1,"meta": {"b":"}"} ,"c":2}"#, #"{\#(ours),"a":1,"meta":[{"b":"}"}],"c":2,\#(theirs)}"#),
            (#"{"meta":null,"c":2}"#, #"{\#(ours),"c":2,\#(theirs)}"#),
            (#"{"meta":7}"#, #"{\#(ours),"meta":[7],\#(theirs)}"#),
            (#"[{"kind":1}]"#, #"[{"kind":1}]"#), (#""kind""#, #""kind""#),
        ])
    func edited(text: String, expected: String) throws {
        for size in 1...(text.utf8.count + 1) {
            #expect(Self.edit(text, by: size) == expected, "in pieces of \(size)")
        }
    }

    @Test("a name longer than any that counts is not held", arguments: ["x", #"\u0061"#, #"\\"#, #"\""#])
    func longName(unit: String) throws {
        let name = String(repeating: unit, count: 5000)
        let text = #"{"\#(name)":"v","kind":1}"#
        for size in [1, 7, 4096] {
            #expect(Self.edit(text, by: size) == #"{\#(Self.ours),"\#(name)":"v",\#(Self.theirs)}"#)
        }
    }

    @Test("a value too long to be held stays as it is")
    func longValue() throws {
        let long = String(repeating: "x", count: ObjectStreamEditor.maxHeldBytes)
        for size in [1, 7, 4096, 1 << 20] {
            let edited = Self.edit(#"{"a":1,"meta": "\#(long)" ,"gone":2,"b":3}"#, by: size)
            #expect(edited == #"{\#(Self.ours),"a":1,"meta": "\#(long)" ,"b":3,\#(Self.theirs)}"#)
        }
        let short = String(repeating: "x", count: ObjectStreamEditor.maxHeldBytes - 2)
        #expect(
            Self.edit(#"{"meta":"\#(short)"}"#, by: 1000) == #"{\#(Self.ours),"meta":["\#(short)"],\#(Self.theirs)}"#)
    }

    @Test("bytes of a value pass uncopied, so that a long one costs nothing")
    func uncopied() throws {
        var editor = Self.editor()
        _ = editor.edit(Array(#"{"a":"b"#.utf8)[...])
        let piece = Array(repeating: UInt8(ascii: "x"), count: 1000)
        let edited = editor.edit(piece[...])
        #expect(edited == piece[...])
        let isSame = piece.withUnsafeBufferPointer { piece in
            edited.withUnsafeBufferPointer { $0.baseAddress == piece.baseAddress }
        }
        #expect(isSame)
    }

    @Test("what is no JSON is no danger")
    func wild() {
        let text = Array(
            #"{"a":{"kind":1,"x":[true,"\u0041"]},"k\u0069nd":"y","ttl":[],"meta":{},"gone":[],"b":"}{"}"#.utf8)
        var mutator = Mutator(seed: 7, corpus: [text])
        for _ in 0..<5000 {
            let wild = mutator.next()
            var editor = Self.editor()
            for byte in wild { _ = editor.edit([byte]) }
        }
    }
}
