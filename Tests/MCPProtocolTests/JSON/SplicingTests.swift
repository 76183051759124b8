import MCPProtocol
import Testing

@Suite("Splicing members into an object")
struct SplicingTests {
    struct Case: Sendable {
        let object: String
        let changes: [(String, String?)]
        let expected: String

        init(_ object: String, _ changes: [(String, String?)], _ expected: String) {
            self.object = object
            self.changes = changes
            self.expected = expected
        }
    }

    static let cases: [Case] = [
        Case(#"{"a":1,"b":2}"#, [("a", "10")], #"{"a":10,"b":2}"#),
        Case(#"{ "a" : 1 , "b" : 2 }"#, [("b", "[]")], #"{ "a" : 1 , "b" : [] }"#),
        Case(#"{ "a" : 1 , "b" : 2 }"#, [("a", nil)], #"{ "b" : 2 }"#),
        Case(#"{ "a" : 1 , "b" : 2 }"#, [("b", nil)], #"{ "a" : 1 }"#),
        Case(#"{ "a" : 1 , "b" : 2 }"#, [("a", nil), ("b", nil)], #"{}"#),
        Case(#"{"a":1,"b":2,"c":3}"#, [("b", nil)], #"{"a":1,"c":3}"#),
        Case("{}", [("x", "1")], #"{"x":1}"#),
        Case("{ \n }", [("x", "1"), ("y\n", "2")], #"{"x":1,"y\n":2}"#),
        Case("{ \n }", [("x", nil)], "{ \n }"),
        Case("{\n  \"a\": 1\n}", [("x", "2")], "{\n  \"a\": 1\n,\"x\":2}"),
        Case(#"{"\u0061":1.50,"z":-0}"#, [("a", "2")], #"{"\u0061":2,"z":-0}"#),
        Case(#"{"a":1,"x":0,"a":2,"a":3}"#, [("a", "9")], #"{"x":0,"a":9}"#),
        Case(#"{"a":1,"x":0,"\u0061":2}"#, [("a", nil)], #"{"x":0}"#),
        Case(#"{"a":1}"#, [("a", "2"), ("a", "3")], #"{"a":3}"#),
        Case(#"{"a":1}"#, [("a", "2"), ("a", nil)], "{}"),
        Case("{}", [("a", "2"), ("a", "3")], #"{"a":3}"#),
        Case("{}", [("a", "2"), ("a", nil)], "{}"),
        Case(#"{"a":1}"#, [("a", nil), ("b", "2")], #"{"b":2}"#),
        Case(
            #"{"n":123456789012345678901234567890,"e":1E+2,"s":"\u00e9\/"}"#, [("x", "{}")],
            #"{"n":123456789012345678901234567890,"e":1E+2,"s":"\u00e9\/","x":{}}"#),
        Case("[1]", [("a", "1")], "[1]"),
        Case(#"{"a":1}"#, [], #"{"a":1}"#),
    ]

    @Test("changes what was asked for and no other byte", arguments: cases)
    func splices(example: Case) throws {
        let object = try RawJSON(validating: "  " + example.object + " ")
        let changes = example.changes.map { (name: $0.0, value: $0.1.map { Array($0.utf8) }) }
        let result = object.replacingMembers(changes)
        #expect(String(decoding: result, as: UTF8.self) == example.expected)
        _ = try RawJSON(validating: result)
    }
}
