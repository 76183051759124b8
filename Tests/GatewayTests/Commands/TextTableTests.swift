import MCPProtocol
import Testing

@testable import Gateway

@Suite("Tables")
struct TextTableTests {
    private static let sample: TextTable = {
        var table = TextTable(columns: [
            .init(title: "NAME"), .init(title: "TOOLS", alignment: .right), .init(title: "ERROR", yields: true),
        ])
        table.rows = [["a", "7", ""], ["longer", "12345678", "something went wrong"]]
        return table
    }()

    @Test("columns are aligned, and no line ends in spaces")
    func aligned() {
        #expect(
            Self.sample.rendered(width: nil, isColoured: false) == """
                NAME       TOOLS  ERROR
                a              7
                longer  12345678  something went wrong

                """)
    }

    @Test("a yielding column is cut first, with an ellipsis")
    func cut() {
        #expect(
            Self.sample.rendered(width: 30, isColoured: false) == """
                NAME       TOOLS  ERROR
                a              7
                longer  12345678  something w…

                """)
    }

    @Test("no line is wider than the terminal, down to one column a cell", arguments: 7...60)
    func fits(width: Int) {
        let lines = Self.sample.rendered(width: width, isColoured: false).split(separator: "\n")
        #expect(lines.count == 3)
        for line in lines { #expect(TerminalText.width(of: String(line)) <= width, "\(line)") }
    }

    @Test("a terminal too narrow for anything gets something all the same", arguments: [0, 1, 6])
    func tooNarrow(width: Int) {
        #expect(Self.sample.rendered(width: width, isColoured: false).split(separator: "\n").count == 3)
    }

    @Test("colours do not move columns, and are there only when asked for")
    func colours() {
        var table = TextTable(columns: [.init(title: "STATE"), .init(title: "X")])
        table.rows = [[.init("ready", tone: .good), "1"], [.init("off"), "2"]]
        #expect(
            table.rendered(width: nil, isColoured: true)
                == "STATE  X\n\u{1B}[32mready\u{1B}[0m  1\noff    2\n")
        #expect(!table.rendered(width: nil, isColoured: false).contains("\u{1B}"))
    }

    @Test("what a terminal would obey is made visible, and a cell stays on its line")
    func control() {
        #expect(TextTable.Cell("a\n\t b\u{1B}[31m").text == "a b\\u{1b}[31m")
        #expect(TextTable.Cell("x\u{202E}y").text == "x\\u{202e}y")
        #expect(TerminalText.visible("a\n\tb\u{1B}\r") == "a\n\tb\\u{1b}\\u{d}")
    }

    @Test(
        "widths are those of a terminal",
        arguments: [("abc", 3), ("ümläut", 6), ("e\u{301}", 1), ("漢字", 4), ("🚀", 2), ("", 0)])
    func widths(text: String, width: Int) { #expect(TerminalText.width(of: text) == width) }

    @Test(
        "a wide character is not cut in two",
        arguments: [(5, "漢字…"), (4, "漢…"), (2, "…"), (1, "…"), (0, ""), (6, "漢字漢")])
    func wideCut(width: Int, expected: String) { #expect(TerminalText.cut("漢字漢", to: width) == expected) }

    @Test("a server's past error is not shown once it is ready")
    func servers() throws {
        let answer = try RawJSON(
            validating: """
                {"servers":[
                  {"name":"a","transport":"stdio","state":"ready","era":"legacy",
                   "revision":"2025-11-25","tools":3,
                   "resources":2,"resourceTemplates":1,"prompts":1,"restarts":1,
                   "lastError":{"message":"gone","since":"x"},"calls":10,"failures":2},
                  {"name":"b","transport":"http","state":"failed","tools":0,
                   "resources":0,"resourceTemplates":0,"prompts":0,"restarts":0,
                   "lastError":{"message":"cannot\\nconnect","since":"x"},"calls":0,"failures":0},
                  {"name":"c","transport":"http","state":"disabled"}]}
                """)
        #expect(
            ServersCommand.table(of: answer).rendered(width: nil, isColoured: false) == """
                NAME  STATE     TRANSPORT  ERA     REVISION    TOOLS  RESOURCES  PROMPTS  CALLS  FAILED  RESTARTS  LAST ERROR
                a     ready     stdio      legacy  2025-11-25      3          2        1     10       2         1
                b     failed    http       -       -               0          0        0      0       0         0  cannot connect
                c     disabled  http       -       -               -          -        -      -       -         -

                """)
    }

    @Test("resources and their templates stand in one table; a prompt's optional arguments in brackets")
    func inventories() throws {
        let resources = try RawJSON(
            validating: """
                {"resources":[{"uri":"note://one","server":"a","freshness":"live","name":"one","mimeType":"text/plain"}],
                 "resourceTemplates":[{"uriTemplate":"b+note://{n}","server":"b","freshness":"stale","description":"any"}]}
                """)
        #expect(
            Inventory.resources.table(of: resources).rendered(width: nil, isColoured: false) == """
                RESOURCE      SERVER  STATE  NAME  TYPE        DESCRIPTION
                note://one    a       live   one   text/plain
                b+note://{n}  b       stale  -     -           any

                """)
        let prompts = try RawJSON(
            validating: """
                {"prompts":[
                  {"name":"a__p","server":"a","freshness":"live","arguments":[
                    {"name":"x","required":true},{"name":"y"},{"no":"name"}]},
                  {"name":"a__q","server":"a","freshness":"live","description":"none","arguments":[]}]}
                """)
        #expect(
            Inventory.prompts.table(of: prompts).rendered(width: nil, isColoured: false) == """
                PROMPT  SERVER  STATE  ARGUMENTS  DESCRIPTION
                a__p    a       live   x [y]
                a__q    a       live   -          none

                """)
    }
}
