import AgentBridge
import Testing

@Suite("Tool names for a model")
struct LLMToolNamesTests {
    @Test(
        "characters a model refuses become underscores",
        arguments: [
            ("github__create_issue", "github__create_issue"), ("fs.read/file", "fs_read_file"), ("übung", "_bung"),
        ])
    func characters(tool: String, name: String) {
        let names = LLMToolNames(tools: [tool])
        #expect(names.names == [name])
        #expect(names.tool(named: name) == tool)
    }

    @Test("a long name keeps 55 characters and gets a hash of the whole")
    func long() throws {
        let tool = String(repeating: "a", count: 70)
        let other = tool + "b"
        let names = LLMToolNames(tools: [tool, other])
        #expect(names.names.allSatisfy { $0.count == 64 && $0.hasPrefix(String(repeating: "a", count: 55) + "_") })
        #expect(names.names[0] != names.names[1])
        #expect(names.tool(named: names.names[1]) == other)
    }

    @Test("two tools that would get one name stay apart")
    func collision() {
        let names = LLMToolNames(tools: ["a.b", "a/b", "a_b"])
        #expect(Set(names.names).count == 3)
        #expect(names.names.map { names.tool(named: $0) } == ["a.b", "a/b", "a_b"])
    }

    @Test("a name the model invented is nobody's")
    func unknown() {
        #expect(LLMToolNames(tools: ["a"]).tool(named: "b") == nil)
    }
}
