import MCPProtocol
import Testing

@Suite("Pages of lists, names and session ids")
struct ListPageTests {
    @Test("items keep their bytes, and one without a name does not cost the others")
    func items() throws {
        let result = try RawJSON(
            validating:
                #"{"tools":[{"name":"a","inputSchema":{ "type":"object" }},{"title":"x"},7,{"name":"b"}],"ttlMs":5000,"cacheScope":"public"}"#
        )
        let page = try ListPage(.tools, result: result)
        #expect(page.items.map(\.key) == ["a", "b"])
        #expect(page.items[0].raw.text == #"{"name":"a","inputSchema":{ "type":"object" }}"#)
        #expect(
            page.refused.map(\.description) == [
                "result.tools[1].name must be a string", "result.tools[2].name must be a string",
            ])
        #expect(page.nextCursor == nil)
        #expect(page.ttlMilliseconds == 5000)
        #expect(page.cacheScope == "public")
    }

    @Test("a cursor counts when it is there, also when it is empty")
    func cursors() throws {
        func cursor(_ text: String) throws -> String? {
            try ListPage(.resources, result: RawJSON(validating: #"{"resources":[{"uri":"x:y"}]\#(text)}"#)).nextCursor
        }
        #expect(try cursor("") == nil)
        #expect(try cursor(#","nextCursor":null"#) == nil)
        #expect(try cursor(#","nextCursor":"""#) == "")
        #expect(try cursor(#","nextCursor":"p2""#) == "p2")
        #expect(throws: MessageError.self) { try cursor(#","nextCursor":2"#) }
        #expect(throws: MessageError(path: "result.prompts", fact: "must be an array")) {
            try ListPage(.prompts, result: .emptyObject)
        }
    }

    @Test("tool names keep to their letters and lengths")
    func toolNames() {
        #expect(ToolName("a.b-C_9") != nil)
        #expect(ToolName("") == nil)
        #expect(ToolName("a/b") == nil)
        #expect(ToolName("a b") == nil)
        #expect(ToolName("é") == nil)
        #expect(ToolName(String(repeating: "a", count: 128)) != nil)
        #expect(ToolName(String(repeating: "a", count: 129)) == nil)
        #expect(ToolName(String(repeating: "a", count: 64))?.isExposable == true)
        #expect(ToolName(String(repeating: "a", count: 65))?.isExposable == false)
        #expect(ToolName("a.b")?.isExposable == false)
    }

    @Test("session ids are visible ASCII")
    func sessionIDs() {
        #expect(SessionID("!~aZ09")?.description == "!~aZ09")
        for bad in ["", " ", "a b", "a\n", "é", "\u{7F}", String(repeating: "x", count: 1025)] {
            #expect(SessionID(bad) == nil)
        }
    }
}
