import Configuration
import Testing

@testable import Gateway

@Suite("Names, patterns and suggestions")
struct NamesTests {
    @Test(
        "a pattern matches whole names",
        arguments: [
            ("*", "", true), ("*", "anything", true), ("delete_*", "delete_repo", true),
            ("delete_*", "undelete_repo", false),
            ("*_repo", "delete_repo", true), ("a*b*c", "aXXbYYc", true), ("a*b*c", "aXXbYY", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false), ("get", "get", true), ("get", "get_all", false), ("GET", "get", false),
            ("", "", true),
            ("", "a", false), ("**", "a", true), ("*a", "aaab", false), ("?", "é", true), ("[a]", "a", false),
            ("a.c", "abc", false),
        ])
    func patterns(pattern: String, name: String, expected: Bool) {
        #expect(NamePattern(pattern).matches(name) == expected)
    }

    @Test("a pattern of many stars takes no exponential time")
    func manyStars() {
        let pattern = NamePattern(String(repeating: "a*", count: 100) + "b")
        #expect(!pattern.matches(String(repeating: "a", count: 2000)))
    }

    @Test("deny wins over allow")
    func filter() {
        let filter = ToolFilterConfiguration(allow: [NamePattern("repo_*")], deny: [NamePattern("*_delete")])
        #expect(filter.exposes("repo_get"))
        #expect(!filter.exposes("repo_delete"))
        #expect(!filter.exposes("issue_get"))
        #expect(ToolFilterConfiguration().exposes("anything"))
    }

    @Test(
        "a prefix has only characters of tool names, the same for the same name",
        arguments: [
            ("github", "github"), ("my server", "my_server"), ("a.b/c", "a_b_c"), ("日本", "_"), ("a  b", "a_b"),
            ("a_-b", "a_-b"),
            ("@scope/pkg", "_scope_pkg"),
        ])
    func prefixes(name: String, expected: String) {
        #expect(ServerConfiguration.prefix(for: name) == expected)
    }

    @Test(
        "a mistyped name finds the one that was meant",
        arguments: [
            ("comand", "command"), ("timeouts", "timeouts"), ("time_outs", "timeouts"), ("Timeouts", "timeouts"),
            ("URL", "url"),
            ("enviroment", nil), ("evn", "env"), ("header", "headers"), ("zzz", nil), ("", nil),
            (String(repeating: "x", count: 10_000), nil),
        ] as [(String, String?)])
    func suggestions(name: String, expected: String?) {
        let known = ["command", "args", "env", "url", "headers", "timeouts"]
        #expect(NameSuggestion.nearest(to: name, among: known) == expected)
    }

    @Test(
        "names of secrets are told from others",
        arguments: [
            ("GITHUB_TOKEN", true), ("Authorization", true), ("X-Api-Key", true), ("apiKey", true), ("apikey", true),
            ("DB_PASSWORD", true), ("--api-key", true), ("clientSecret", true), ("PGPASSWORD", true),
            ("MAX_TOKENS", false),
            ("KEY", false), ("KEYBOARD", false), ("TOKEN_FILE", false), ("SECRET_NAME", false), ("PATH", false),
            ("", false),
            ("accessToken", true), ("SSH_KEY_PATH", false),
        ])
    func secretNames(name: String, expected: Bool) {
        #expect(SecretNames.suggests(name) == expected)
    }

    @Test("a path quotes what is not plain")
    func paths() {
        let path = ConfigurationPath.root.member("mcpServers").member("a b").member("args").element(2)
        #expect(path.description == #"$.mcpServers["a b"].args[2]"#)
        #expect(path.parent.description == #"$.mcpServers["a b"].args"#)
        #expect(ConfigurationPath.root.parent == .root)
        #expect(ConfigurationPath.root.member("").description == #"$[""]"#)
        #expect(ConfigurationPath.root.member("x\"\\\n").description == #"$["x\"\\\\u{a}"]"#)
        #expect(ConfigurationPath.root.member("mcp-x_1").description == "$.mcp-x_1")
    }

    @Test(
        "a relative path starts from the folder of the file",
        arguments: [
            ("/abs/./x", "/abs/./x"), ("x", "/base/x"), ("./x", "/base/x"), ("../x", "/x"), ("../../../x", "/x"),
            (".", "/base"),
            ("~/x", "/home/ann/x"), ("~", "/home/ann"), ("~ann/x", "/base/~ann/x"), ("a//b/", "/base/a/b"),
        ])
    func filePaths(path: String, expected: String) {
        #expect(FilePathText.absolute(path, base: "/base", home: "/home/ann") == expected)
    }

    @Test("the folder of a file", arguments: [("/a/b", "/a"), ("/a", "/"), ("a", "."), ("a/b", "a")])
    func folders(path: String, expected: String) {
        #expect(FilePathText.directory(of: path) == expected)
    }

    @Test("lines and columns are counted as editors count them")
    func positions() {
        let lines = LineIndex(Array("ab\né\"x\r\n\rz".utf8))
        let expected = [
            (0, 1, 1), (2, 1, 3), (3, 2, 1), (5, 2, 2), (6, 2, 3), (9, 3, 1), (10, 4, 1), (11, 4, 2), (99, 4, 2),
            (-1, 1, 1),
        ]
        for (offset, line, column) in expected {
            #expect(lines.position(of: offset) == (line, column), "offset \(offset)")
        }
        #expect(LineIndex([]).position(of: 0) == (1, 1))
        #expect(LineIndex(Array("  \"a\": 1\r\n".utf8)).excerpt(around: 4) == "\"a\": 1")
    }

    @Test("columns of a very long line are true", arguments: [1023, 1024, 1025, 2048, 3000])
    func longLines(length: Int) {
        let text = Array(("\n" + String(repeating: "aé€", count: length)).utf8.prefix(length))
        let lines = LineIndex(text)
        for offset in stride(from: 1, through: length, by: 31) {
            let column = text[1..<offset].count { $0 & 0xC0 != 0x80 } + 1
            #expect(lines.position(of: offset) == (2, column))
        }
        #expect(lines.position(of: length).column == text.dropFirst().count { $0 & 0xC0 != 0x80 } + 1)
        #expect(lines.line(of: 0) == 1)
    }

    @Test("a file of variables is read line by line")
    func environmentFile() {
        let file = EnvironmentFile(
            parsing:
                "# comment\n\nA=1\nexport B = two words # note\nC=\"x # y\\nz\"\r\nD='$A'\nbroken\n=x\nE=a#b\nA=2\nF=\n"
        )
        #expect(
            file.variables == [
                NamedValue("B", "two words"), NamedValue("C", "x # y\nz"), NamedValue("D", "$A"),
                NamedValue("E", "a#b"),
                NamedValue("A", "2"), NamedValue("F", ""),
            ])
        #expect(file.malformedLines == [7, 8])
    }
}
