import Configuration
import MCPProtocol
import Testing

@testable import AgentBridge

@Suite("Tools for a model")
struct ToolTests {
    private func tool(_ item: String) throws -> GatewayTool {
        let raw = try RawJSON(validating: item)
        return GatewayTool(name: raw.member("name")?.stringValue ?? "", item: raw)
    }

    @Test("a schema gets what servers insist on")
    func schemas() throws {
        let definition = ToolDefinition.encode(
            try tool(
                #"{"name":"t","description":"d","inputSchema":{"$schema":"x","required":["a"]},"annotations":{"readOnlyHint":true}}"#
            ),
            name: "t", descriptionMax: 1024)
        #expect(
            String(decoding: definition, as: UTF8.self)
                == #"{"type":"function","function":{"name":"t","description":"d (read-only)","parameters":{"required":["a"],"type":"object","properties":{}}}}"#
        )
    }

    @Test("a long description is cut between characters")
    func description() throws {
        let text = String(repeating: "ü", count: 600)
        let cut = text.cut(toBytes: 100)
        #expect(cut.utf8.count <= 100 && cut.hasSuffix("…") && cut.dropLast().allSatisfy { $0 == "ü" })
        #expect("short".cut(toBytes: 100) == "short")
    }

    private static let schema =
        #"{"type":"object","properties":{"n":{"type":"integer"},"s":{"enum":["a","b"]},"l":{"type":"array","items":{"type":"string"}},"o":{"type":["object","null"],"required":["k"]}},"required":["n"]}"#

    @Test(
        "arguments that fit",
        arguments: [
            #"{"n":1}"#, #"{"n":1.0,"s":"a"}"#, #"{"n":123456789012345678901234567890}"#, #"{"n":1,"o":null,"x":[]}"#,
        ])
    func fitting(arguments: String) throws {
        #expect(try ToolArguments.parse(arguments, schema: RawJSON(validating: Self.schema)).text == arguments)
    }

    @Test(
        "arguments that do not",
        arguments: [
            ("", #""n" is missing"#), (#"{"n":"1"}"#, #""n" must be of type integer"#), (#"{"n":1.5}"#, "integer"),
            (#"{"n":1,"s":"c"}"#, #""s" must be one of "a", "b""#), (#"{"n":1,"l":["a",2]}"#, #""l[1]""#),
            (#"{"n":1,"o":{}}"#, #""o.k" is missing"#), ("[]", "object"), (#"{"n":1"#, "not valid JSON"),
            (#""x""#, "object"),
        ])
    func unfitting(arguments: String, problem: String) throws {
        let schema = try RawJSON(validating: Self.schema)
        #expect {
            try ToolArguments.parse(arguments, schema: schema)
        } throws: {
            ($0 as? ToolArguments.Refusal)?.message.contains(problem) == true
        }
    }

    @Test("nothing and null are no arguments", arguments: ["", " \n", "null"])
    func none(text: String) throws {
        #expect(try ToolArguments.parse(text, schema: .emptyObject).text == "{}")
    }

    @Test("an invented name finds what was meant")
    func similar() {
        let names = ["github__create_issue", "github__list_issues", "web__search", "files__read"]
        #expect(NameRanking.nearest(to: "create_issue", among: names, limit: 2).first == "github__create_issue")
        #expect(NameRanking.nearest(to: "web_serach", among: names, limit: 1) == ["web__search"])
        #expect(NameRanking.nearest(to: "zzzzzz", among: names, limit: 3).isEmpty)
    }

    private func result(_ content: String, _ more: String = "") throws -> ToolResult {
        ToolResult(.result(try RawJSON(validating: "{\"content\":[\(content)]\(more)}")), of: "t")
    }

    @Test("what a model reads of a result")
    func results() throws {
        #expect(try result("").text == "(no output)")
        #expect(try result(#"{"type":"text","text":"a"},{"type":"text","text":"b"}"#).text == "a\n\nb")
        #expect(try result(#"{"type":"text","text":"bad"}"#, #","isError":true"#).text == "Error: bad")
        #expect(try result("", #","structuredContent":{"x":1}"#).text == #"{"x":1}"#)
        #expect(
            try result(#"{"type":"text","text":"{\"b\": 2.0, \"a\": 1}"}"#, #","structuredContent":{"a":1,"b":2}"#).text
                == #"{"b": 2.0, "a": 1}"#)
        let image = try result(#"{"type":"text","text":"see"},{"type":"image","data":"QUJD","mimeType":"image/png"}"#)
        #expect(image.text == "see\n\n[image 1: image/png]")
        #expect(image.images.count == 1 && image.attachments.count == 1)
        #expect(
            try result(#"{"type":"audio","data":"QUJDRA==","mimeType":"audio/wav"}"#).text
                == "[audio 1: audio/wav, 4 bytes]")
        #expect(
            try result(#"{"type":"resource","resource":{"uri":"f://x","text":"t"}}"#).text == "--- f://x\nt")
        #expect(
            try result(#"{"type":"text","text":"hidden","annotations":{"audience":["user"]}}"#).text
                == "[shown to the user]")
    }

    @Test("a long text keeps its beginning and its end, and its middle can be read")
    func excerpt() throws {
        let text = String(repeating: "ä", count: 50_000) + "END"
        let store = ResultStore()
        let reference = try #require(store.keep(text, owner: "me"))
        let short = ResultStore.excerpt(of: text, limit: 10_000, reference: reference)
        #expect(short.utf8.count <= 10_000 && short.hasSuffix("END") && short.contains(reference))
        let arguments = try RawJSON(validating: #"{"ref":"\#(reference)","offset":49999,"limit":10}"#)
        #expect(
            ResultReader.read(arguments, from: store, owner: "me").text == "[characters 49999 to 50003 of 50003]\näEND")
        #expect(ResultReader.read(arguments, from: store, owner: "you").isError)
        let search = try RawJSON(validating: #"{"ref":"\#(reference)","search":"end"}"#)
        #expect(ResultReader.read(search, from: store, owner: "me").text.hasPrefix("[at character 50000]"))
    }

    @Test("the store forgets what was not read for longest")
    func eviction() throws {
        let store = ResultStore(maxBytes: 100)
        let first = try #require(store.keep(String(repeating: "a", count: 60), owner: "me"))
        let second = try #require(store.keep(String(repeating: "b", count: 60), owner: "me"))
        #expect(store.text(first, owner: "me") == nil)
        #expect(store.text(second, owner: "me") != nil)
        #expect(store.keep(String(repeating: "c", count: 101), owner: "me") == nil)
        #expect(store.byteCount == 60)
    }

    @Test("a search ranks by what a tool is called, then by what is said of it")
    func search() throws {
        let items = [
            #"{"name":"web__search","description":"Finds pages."}"#,
            #"{"name":"mail__send","description":"Sends a mail."}"#,
            #"{"name":"files__grep","description":"Search in files for a text."}"#,
        ]
        let tools = AgentTools(
            ToolCatalogue(tools: try items.map { try tool($0) }, instructions: nil), filter: ToolFilter(),
            descriptionMax: 0)
        let search = ToolSearch(tools)
        #expect(search.find("search the web", limit: 5) == ["web__search", "files__grep"])
        #expect(search.find("send mail", limit: 1) == ["mail__send"])
        #expect(search.find("nothing", limit: 5).isEmpty)
        let answer = search.answer(try RawJSON(validating: #"{"query":"mail"}"#)).text
        #expect(ToolSearch.names(in: answer) == ["mail__send"])
    }
}
