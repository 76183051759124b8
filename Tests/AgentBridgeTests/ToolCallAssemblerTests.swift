import MCPProtocol
import Testing

@testable import AgentBridge

@Suite("Tool calls from pieces")
struct ToolCallAssemblerTests {
    /// Name and arguments of the calls that these lists of pieces make.
    private func calls(_ lists: String...) throws -> [String] {
        var assembler = ToolCallAssembler()
        for list in lists { try assembler.add(RawJSON(validating: list)) }
        let calls = assembler.finish()
        #expect(Set(calls.map(\.id)).count == calls.count)
        #expect(calls.allSatisfy { !$0.id.isEmpty })
        return calls.map { "\($0.name) \($0.arguments)" }
    }

    @Test("interleaved pieces find their calls by index")
    func interleaved() throws {
        #expect(
            try calls(
                #"[{"index":1,"id":"b","function":{"name":"g","arguments":""}}]"#,
                #"[{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\""}}]"#,
                #"[{"index":1,"function":{"arguments":"{}"}},{"index":0,"function":{"arguments":":1}"}}]"#)
                == [#"f {"x":1}"#, "g {}"])
    }

    @Test("parallel calls that all say index 0 are told apart by id and name")
    func sameIndex() throws {
        #expect(
            try calls(
                #"[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}]"#,
                #"[{"index":0,"id":"b","function":{"name":"g","arguments":"{\"y\":"}}]"#,
                #"[{"index":0,"function":{"arguments":"2}"}}]"#) == ["f {}", #"g {"y":2}"#])
    }

    @Test("id and name on every piece are one call")
    func repeated() throws {
        #expect(
            try calls(
                #"[{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\":"}}]"#,
                #"[{"index":0,"id":"a","function":{"name":"f","arguments":"1}"}}]"#) == [#"f {"x":1}"#])
    }

    @Test("a fresh id on every piece, with an empty name, is one call", arguments: [true, false])
    func freshIDs(hasIndex: Bool) throws {
        let index = hasIndex ? #""index":0,"# : ""
        #expect(
            try calls(
                "[{\(index)" + #""id":"a","function":{"name":"f","arguments":"{\"x\":"}}]"#,
                "[{\(index)" + #""id":"b","function":{"name":"","arguments":"1}"}}]"#) == [#"f {"x":1}"#])
    }

    @Test("without indexes a new id starts a call, no id goes on with the last")
    func withoutIndex() throws {
        #expect(
            try calls(
                #"[{"id":"a","function":{"name":"f","arguments":"{"}}]"#, #"[{"function":{"arguments":"}"}}]"#,
                #"[{"id":"b","function":{"name":"f","arguments":"{}"}}]"#) == ["f {}", "f {}"])
    }

    @Test("whole calls without index and id, in one list or several, with objects as arguments")
    func whole() throws {
        #expect(
            try calls(
                #"[{"function":{"name":"f","arguments":{"x":1}}},{"function":{"name":"f","arguments":{"x":2}}}]"#,
                #"[{"function":{"name":"f","arguments":{"x":3}}}]"#)
                == [#"f {"x":1}"#, #"f {"x":2}"#, #"f {"x":3}"#])
    }

    @Test("the older function_call is a call")
    func functionCall() throws {
        var assembler = ToolCallAssembler()
        try assembler.addFunctionCall(RawJSON(validating: #"{"name":"f","arguments":"{\"x"}"#))
        try assembler.addFunctionCall(RawJSON(validating: #"{"arguments":"\":1}"}"#))
        #expect(assembler.finish().map(\.arguments) == [#"{"x":1}"#])
    }

    @Test("a slot with nothing in it is no call")
    func noise() throws {
        #expect(try calls(#"[{"index":3}]"#, "[null]", #"[{"index":"x","function":null}]"#).isEmpty)
    }

    @Test("two calls with one id get ids of their own")
    func sameID() throws {
        #expect(
            try calls(
                #"[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}]"#,
                #"[{"index":1,"id":"a","function":{"name":"g","arguments":"{}"}}]"#
            ).count == 2)
    }
}
