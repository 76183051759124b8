import Testing

@testable import MCPProtocol

@Suite("members of an object, changed in one copy")
struct ObjectEditorTests {
    private func edited(_ text: String, _ changes: [(String, String?)]) throws -> String {
        var editor = ObjectEditor(try RawJSON(validating: text), changes.map(\.0))
        for (index, change) in changes.enumerated() {
            if let value = change.1 { editor.set(index, to: Array(value.utf8)) } else { editor.remove(index) }
        }
        return editor.finish().text
    }

    @Test(
        "only what is meant changes",
        arguments: [
            (#"{"a":1}"#, #"{"a":2}"#),
            (#"{ "x":1.0, "a" : 1 ,"y":"\u0061" }"#, #"{ "x":1.0, "a" : 2 ,"y":"\u0061" }"#),
            ("{}", #"{"a":2}"#), ("{ }", #"{ "a":2}"#), (#"{"x":[]}"#, #"{"x":[],"a":2}"#),
            (#"{"a":1,"\u0061":3,"x":1}"#, #"{"\u0061":2,"x":1}"#), ("[1]", "[1]"), ("7", "7"),
            (#"{"a":2, "x":1}"#, #"{"a":2, "x":1}"#),
        ])
    func setting(given: String, expected: String) throws {
        #expect(try edited(given, [("a", "2")]) == expected)
    }

    @Test(
        "a member goes with one comma",
        arguments: [
            (#"{"a":1}"#, "{}"), (#"{ "a":1 }"#, "{  }"), (#"{"a":1,"b":2}"#, "{}"), (#"{"a":1, "x":2}"#, #"{"x":2}"#),
            (#"{"a":1,"b":2 , "x":3}"#, #"{"x":3}"#), (#"{"x":3, "a":1,"b":2 }"#, #"{"x":3 }"#),
            (#"{"a":1,"x":3,"a":2,"b":1,"y":4}"#, #"{"x":3,"y":4}"#), (#"{"x":1}"#, #"{"x":1}"#), ("{}", "{}"),
        ])
    func removing(given: String, expected: String) throws {
        #expect(try edited(given, [("a", nil), ("b", nil)]) == expected)
    }

    @Test("what is new stands at the end, behind what is left")
    func appending() throws {
        #expect(try edited(#"{"a":1}"#, [("a", nil), ("b", "1"), ("c", "2")]) == #"{"b":1,"c":2}"#)
        #expect(try edited(#"{"a":1,"x":0}"#, [("b", "1"), ("a", nil)]) == #"{"x":0,"b":1}"#)
        #expect(try edited(#"{"c":1}"#, [("c", "3"), ("\"", "1")]) == #"{"c":3,"\"":1}"#)
    }

    @Test("what does not change is not copied")
    func identity() throws {
        let value = try RawJSON(validating: #"{"a":1}"#)
        var editor = ObjectEditor(value, ["a", "b"])
        editor.remove(1)
        editor.set(0, to: [0x31])
        let same = editor.finish()
        let isSame = value.bytes.withUnsafeBufferPointer { old in
            same.bytes.withUnsafeBufferPointer { old.baseAddress == $0.baseAddress }
        }
        #expect(isSame)
    }

    @Test("says what changing one member after the other says", arguments: 0..<8)
    func mutated(seed: UInt64) throws {
        let corpus = [#"{"a":1,"b":{"a":[1,"}"]},"c":"x","x":1e5,"a":null}"#, #"{ "x" : [ {} ] , "c":7 , "b":"\"" }"#]
        var mutator = Mutator(seed: seed, corpus: corpus.map { Array($0.utf8) })
        for _ in 0..<400 {
            guard let value = try? RawJSON(validating: mutator.next()) else { continue }
            let changes: [(String, String?)] = ["a", "b", "c", "d"].map { name in
                (name, [nil, "[]", #""new""#][mutator.random(below: 3)])
            }
            let text = try edited(value.text, changes)
            let edited = try RawJSON(validating: text)
            let others = value.members.filter { member in !changes.contains { $0.0 == member.name } }
            let left = edited.members.filter { member in !changes.contains { $0.0 == member.name } }
            #expect(left.map(\.name) == others.map(\.name) && left.map(\.value) == others.map(\.value))
            guard value.kind == .object else {
                #expect(edited == value)
                continue
            }
            for (name, expected) in changes {
                #expect(edited.member(name)?.text == expected)
                #expect(edited.members.count { $0.name == name } == (expected == nil ? 0 : 1))
            }
        }
    }
}
