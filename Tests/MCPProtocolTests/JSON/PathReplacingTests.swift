import MCPProtocol
import Testing

@Suite("Changing members at any depth")
struct PathReplacingTests {
    @Test(
        "changes what was asked for and no other byte",
        arguments: [
            (#"{ "a" : {"b":1.0, "c":2} }"#, [("a.c", "3")], #"{ "a" : {"b":1.0, "c":3} }"#),
            (#"{"a":{"b":1}}"#, [("a.b", nil)], #"{"a":{}}"#),
            (#"{"x":1e0}"#, [("a.b.c", "3")], #"{"x":1e0,"a":{"b":{"c":3}}}"#),
            (#"{ "x":1 }"#, [("a.b", nil), ("c", nil)], #"{ "x":1 }"#),
            (#"{"a":null}"#, [("a.b", "1")], #"{"a":{"b":1}}"#), (#"{"a":7}"#, [("a.b", nil)], #"{"a":7}"#),
            (#"{"a":{"b":1},"d":4}"#, [("a.b", "2"), ("a.c", "3"), ("d", nil)], #"{"a":{"b":2,"c":3}}"#),
            (#"{"a":{"b":1}}"#, [("a", nil), ("a.c", "3")], #"{"a":{"c":3}}"#),
            (#"{"a":{"b":1}}"#, [("a.c", "3"), ("a", nil)], "{}"),
            ("[1]", [("a", "1")], "[1]"), (#"{"a":1}"#, [("", "1")], #"{"a":1}"#),
        ] as [(String, [(String, String?)], String)])
    func replacing(object: String, changes: [(String, String?)], expected: String) throws {
        let changes = changes.map { change in
            (path: change.0.split(separator: ".").map(String.init), value: change.1.map { Array($0.utf8) })
        }
        let message = try RawJSON(validating: " [\(object)] ")
        let result = message.element(0)?.replacing(changes)
        #expect(result?.text == expected)
    }
}
