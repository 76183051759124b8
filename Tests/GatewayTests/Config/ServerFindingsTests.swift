import Configuration
import Gateway
import Testing

@Suite("Findings in servers")
struct ServerFindingsTests {
    @Test(
        "a bad server is an error that says what would be right",
        arguments: [
            ("{}", "", "neither \"command\""), ("1", "", "must be an object, not a number"),
            (#"{"type":"stdio"}"#, "", "no \"command\""),
            (#"{"type":"http"}"#, "", "no \"url\""),
            (#"{"command":"x","url":"http://h"}"#, ".command", "either started or reached"),
            (#"{"command":"x","type":"sse"}"#, ".command", "reached at a \"url\""),
            (#"{"url":"http://h","type":"stdio"}"#, ".url", "needs a \"command\""),
            (#"{"url":"http://h","type":"websocket"}"#, ".type", "the transports are"),
            (#"{"url":"http://h","type":1}"#, ".type", "must be a string"),
            (#"{"url":"http://h","type":"http","transport":"sse"}"#, ".transport", "contradicts \"type\""),
            (#"{"url":"h"}"#, ".url", "not a URL"), (#"{"url":7}"#, ".url", "must be a string"),
            (#"{"url":""}"#, ".url", "not a URL"),
            (#"{"url":"http://h","serverUrl":"http://i"}"#, ".serverUrl", "beside \"url\""),
            (#"{"command":""}"#, ".command", "is empty"),
            (#"{"command":["x"]}"#, ".command", "must be a string, not a list"),
            (#"{"command":"a\u0000b"}"#, ".command", "NUL"),
            (#"{"command":"x","args":"-y"}"#, ".args", "list of strings"),
            (#"{"command":"x","args":["a",8080]}"#, ".args[1]", "write \"8080\""),
            (#"{"command":"x","args":[null]}"#, ".args[0]", "must be a string"),
            (#"{"command":"x","cwd":""}"#, ".cwd", "is empty"),
            (#"{"command":"x","cwd":1}"#, ".cwd", "must be a string"),
            (#"{"command":"x","env":[]}"#, ".env", "must be an object"),
            (#"{"command":"x","env":{"A=B":"1"}}"#, #".env["A=B"]"#, "not the name"),
            (#"{"command":"x","env":{"":"1"}}"#, #".env[""]"#, "not the name"),
            (#"{"command":"x","env":{"A":{}}}"#, ".env.A", "must be a string"),
            (#"{"command":"x","env":{"A":"1","A":"2"}}"#, ".env.A", "stands twice"),
            (#"{"command":"x","env":{"A":"${NONE}"}}"#, ".env.A", "environment variable NONE"),
            (#"{"command":"x","args":["${input:key}"]}"#, ".args[0]", "the input \"key\""),
            (#"{"command":"x","envFile":"none.env"}"#, ".envFile", "\"/etc/mcp/none.env\" cannot be read"),
            (#"{"command":"x","envFile":"bad.env"}"#, ".envFile", "line 2 of the file"),
            (#"{"url":"http://h","headers":[]}"#, ".headers", "must be an object"),
            (#"{"url":"http://h","headers":{"A B":"1"}}"#, #".headers["A B"]"#, "not the name of a header"),
            (#"{"url":"http://h","headers":{"A":"1\n2"}}"#, ".headers.A", "line break"),
            (#"{"url":"http://h","headers":{"A":1}}"#, ".headers.A", "must be a string"),
            (#"{"url":"http://h","headers":{"a":"1","A":"2"}}"#, ".headers.A", "stands twice"),
            (#"{"url":"http://h","auth":"a b"}"#, ".auth", "not a bearer token"),
            (#"{"command":"x","disabled":"yes"}"#, ".disabled", "must be true or false, not a string"),
            (#"{"command":"x","disabled":true,"enabled":true}"#, ".enabled", "contradicts"),
            (#"{"command":"x","timeouts":30}"#, ".timeouts", "must be an object"),
            (#"{"command":"x","timeouts":{"call":30}}"#, ".timeouts.call", "such as \"30s\""),
            (#"{"command":"x","timeout":0}"#, ".timeout", "not above zero"),
            (#"{"command":"x","timeout":-5}"#, ".timeout", "not above zero"),
            (#"{"command":"x","timeout":1e300}"#, ".timeout", "longer than a year"),
            (#"{"command":"x","timeout":1e999}"#, ".timeout", "not above zero"),
            (#"{"command":"x","timeout":"30"}"#, ".timeout", "no unit"),
            (#"{"command":"x","timeout":[]}"#, ".timeout", "a duration"),
            (#"{"command":"x","pool":{"max":1.5}}"#, ".pool.max", "whole number from 1"),
            (#"{"command":"x","pool":{"share":"all"}}"#, ".pool.share", "none of auto"),
            (#"{"command":"x","protocol":"old"}"#, ".protocol", "none of auto"),
            (#"{"command":"x","protocol":{"era":"moderm"}}"#, ".protocol.era", "did you mean \"modern\"?"),
            (#"{"command":"x","protocol":{"era":true}}"#, ".protocol.era", "must be a string, not true or false"),
            (#"{"command":"x","protocol":{"era":{}}}"#, ".protocol.era", "must be a string, not an object"),
            (#"{"command":"x","protocol":{"era":"auto","era":"legacy"}}"#, ".protocol.era", "stands twice"),
            (
                #"{"command":"x","protocol":["legacy"]}"#, ".protocol",
                #"an object, such as {"era": "legacy"}, not a list"#
            ),
            (#"{"command":"x","protocol":null}"#, ".protocol", "must be an object"),
            (#"{"command":"x","replay":"yes"}"#, ".replay", "must be true or false, not a string"),
            (#"{"command":"x","maxInFlight":0}"#, ".maxInFlight", "from 1 to"),
            (#"{"command":"x","prefix":"a b"}"#, ".prefix", "at most 64 characters"),
            (#"{"command":"x","tools":"*"}"#, ".tools", "must be an object"),
            (#"{"command":"x","tools":{"allow":"*"}}"#, ".tools.allow", "list of tool names"),
            (#"{"command":"x","tools":{"deny":[""]}}"#, ".tools.deny[0]", "is empty"),
            (#"{"command":"x","tools":{"deny":[1]}}"#, ".tools.deny[0]", "must be a string"),
            (#"{"command":"x","tools":{"overrides":[]}}"#, ".tools.overrides", "must be an object"),
            (#"{"command":"x","tools":{"overrides":{"a":1}}}"#, ".tools.overrides.a", "must be an object"),
            (
                #"{"command":"x","tools":{"overrides":{"a":{"name":"x y"}}}}"#, ".tools.overrides.a.name",
                "1 to 128 characters"
            ),
            (
                #"{"command":"x","tools":{"overrides":{"a":{"name":"n"},"b":{"name":"n"}}}}"#, ".tools.overrides.b",
                "which \"a\" gets as well"
            ),
            (
                #"{"command":"x","tools":{"overrides":{"a":{"timeout":"x"}}}}"#, ".tools.overrides.a.timeout",
                "does not begin with a number"
            ),
            (#"{"command":"x","description":1}"#, ".description", "must be a string"),
            (#"{"command":"x","command":"y"}"#, ".command", "stands twice"),
        ])
    func errors(server: String, path: String, message: String) {
        let outcome = parseServer(server, files: ["/etc/mcp/bad.env": "A=1\nbroken\n"])
        #expect(outcome.configuration == nil)
        #expect(outcome.has(.error, at: "$.mcpServers.x\(path)", containing: message), "\(outcome.lines)")
        #expect(outcome.errors.count == 1, "\(outcome.lines)")
    }

    @Test(
        "what has no effect, or another one than elsewhere, is said",
        arguments: [
            (#"{"command":"x","comand":"y"}"#, ".comand", "did you mean \"command\"?"),
            (#"{"command":"x","call":"1s"}"#, ".call", "inside \"timeouts\""),
            (#"{"command":"x","autoApprove":["a"]}"#, ".autoApprove", "the client's business"),
            (#"{"command":"x","alwaysAllow":[]}"#, ".alwaysAllow", "ignored"),
            (#"{"command":"x","icon":"i"}"#, ".icon", "ignored"),
            (#"{"url":"http://h","auth":"oauth"}"#, ".auth", "does not sign in"),
            (#"{"url":"http://h","auth":{"client":1}}"#, ".auth", "\"headers\""),
            (#"{"command":"x","headers":{}}"#, ".headers", "no effect"),
            (#"{"url":"http://h","args":[]}"#, ".args", "no effect"),
            (#"{"url":"http://h","env":{}}"#, ".env", "no effect"),
            (
                #"{"url":"http://h","headers":{"content-type":"application/json"}}"#, ".headers.content-type",
                "sets this header itself"
            ),
            (#"{"command":"npx -y x"}"#, ".command", "belongs in \"args\""),
            (#"{"command":"x","timeout":60}"#, ".timeout", "taken for 1m; write \"1m\""),
            (#"{"command":"x","timeout":60000}"#, ".timeout", "60000 has no unit and is taken for 1m"),
            (#"{"command":"x","timeout":60,"timeouts":{"call":"5s"}}"#, ".timeout", "\"timeouts.call\" is set"),
            (#"{"command":"x","env":{"A":null}}"#, ".env.A", "left out"),
            (#"{"command":"x","env":{"API_KEY":"abcdefgh"}}"#, ".env.API_KEY", "such as ${API_KEY}"),
            (
                #"{"url":"http://h","headers":{"Authorization":"Bearer abcdefgh"}}"#, ".headers.Authorization",
                "plain text"
            ),
            (#"{"command":"x","tools":{"alow":[]}}"#, ".tools.alow", "\"allow\""),
            (#"{"command":"x","era":"legacy"}"#, ".era", "inside \"protocol\""),
            (#"{"command":"x","protocol":{"ear":"legacy"}}"#, ".protocol.ear", "did you mean \"era\"?"),
            (#"{"command":"x","protocol":{"version":"x"}}"#, ".protocol.version", "not a known key"),
            (#"{"command":"x","tools":{"get":{}}}"#, ".tools.get", "inside \"overrides\""),
            (#"{"command":"x","tools":{"overrides":{"a":{"nam":"b"}}}}"#, ".tools.overrides.a.nam", "\"name\""),
            (#"{"command":"x","timeouts":{"max":"10s"}}"#, "", "\"call\" (30s) never counts"),
            (#"{"command":"x","args":["${EMPTY}"]}"#, ".args[0]", "set but empty"),
            (#"{"command":"x","args":["${NONE}"],"disabled":true}"#, ".args[0]", "only a warning"),
            (#"{"url":"${NONE}","enabled":false}"#, ".url", "only a warning"),
            (#"{"command":"x","envFile":"none","disabled":true}"#, ".envFile", "cannot be read"),
        ])
    func warnings(server: String, path: String, message: String) {
        let outcome = parseServer(server, ["EMPTY": ""])
        #expect(outcome.configuration != nil, "\(outcome.lines)")
        #expect(outcome.has(.warning, at: "$.mcpServers.x\(path)", containing: message), "\(outcome.lines)")
    }

    @Test("servers keep the order of the file, and odd names are quoted in paths")
    func order() throws {
        let outcome = parse(#"{"mcpServers":{"z":{"command":"1"},"a b":{"command":"2"},"m":{"command":"3"}}}"#)
        #expect(outcome.configuration?.servers.map(\.name) == ["z", "a b", "m"])
        #expect(outcome.lines.count == 1)
        #expect(outcome.has(.warning, at: #"$.mcpServers["a b"]"#, containing: "\"a_b\" in the names of its tools"))
        #expect(outcome.configuration?.server(named: "a b")?.prefix == "a_b")
        #expect(outcome.configuration?.usesPrefixes == true)
    }

    @Test(
        "two servers with the same prefix are an error",
        arguments: [
            (#"{"a b":{"command":"1"},"a_b":{"command":"2"}}"#, "$.mcpServers.a_b"),
            (#"{"x":{"command":"1"},"y":{"command":"2","prefix":"x"}}"#, "$.mcpServers.y"),
            (#"{"日本":{"command":"1"},"中国":{"command":"2"}}"#, #"$.mcpServers["中国"]"#),
        ])
    func collisions(servers: String, path: String) {
        #expect(parse(#"{"mcpServers":\#(servers)}"#).has(.error, at: path, containing: "has the same prefix"))
    }

    @Test("a prefix of one's own settles it")
    func ownPrefix() {
        let outcome = parse(#"{"mcpServers":{"日本":{"command":"1","prefix":"jp"},"中国":{"command":"2","prefix":"cn"}}}"#)
        #expect(outcome.findings == [])
        #expect(outcome.configuration?.servers.map(\.prefix) == ["jp", "cn"])
    }

    @Test("names of servers may be anything but empty, and stand once")
    func names() {
        #expect(
            parse(#"{"mcpServers":{"":{"command":"1"}}}"#).has(
                .error, at: #"$.mcpServers[""]"#, containing: "empty name"))
        #expect(
            parse(#"{"mcpServers":{"a":{"command":"1"},"a":{"command":"2"}}}"#)
                .has(.error, at: "$.mcpServers.a", containing: "stands twice"))
        #expect(parse(#"{"mcpServers":{"a":{"command":"1"},"\u0061":{"command":"2"}}}"#).errors.count == 1)
        #expect(
            parse(#"{"mcpServers":[]}"#).has(.error, at: "$.mcpServers", containing: "must be an object, not a list"))
    }

    @Test("a separator inside a prefix is pointed out as soon as there are two servers")
    func separatorInPrefix() {
        #expect(parse(#"{"mcpServers":{"a__b":{"command":"1"}}}"#).findings == [])
        let outcome = parse(#"{"mcpServers":{"a__b":{"command":"1"},"a":{"command":"2"}}}"#)
        #expect(outcome.has(.warning, at: "$.mcpServers.a__b", containing: "separator \"__\""))
    }

    @Test(
        "commands with a slash start from the working directory, others are looked up",
        arguments: [
            (#""command":"node""#, "node", "/etc/mcp"), (#""command":"./run""#, "/etc/mcp/run", "/etc/mcp"),
            (#""command":"./run","cwd":"sub""#, "/etc/mcp/sub/run", "/etc/mcp/sub"),
            (#""command":"/bin/x","cwd":"/tmp""#, "/bin/x", "/tmp"),
            (#""command":"~/x","cwd":"~""#, "/home/ann/x", "/home/ann"), (#""command":"x","cwd":".""#, "x", "/etc/mcp"),
            (#""command":"${HOME}/x""#, "/h/x", "/etc/mcp"),
        ])
    func commands(keys: String, command: String, directory: String) {
        #expect(
            parseServer("{\(keys)}", ["HOME": "/h"]).configuration?.servers.first?.transport
                == .stdio(command: command, arguments: [], environment: [], workingDirectory: directory))
    }

    @Test(
        "types are understood in every spelling",
        arguments: [
            (nil, .auto), ("http", .auto), ("auto", .auto), ("streamable-http", .streamable),
            ("streamable_http", .streamable),
            ("streamableHttp", .streamable), ("streamable", .streamable), ("sse", .sse), ("SSE", .sse),
        ] as [(String?, HTTPTransportKind)])
    func types(type: String?, expected: HTTPTransportKind) {
        for key in ["type", "transport"] {
            let outcome = parseServer(#"{"url":"http://h"\#(type.map { #","\#(key)":"\#($0)""# } ?? "")}"#)
            #expect(outcome.findings == [])
            #expect(
                outcome.configuration?.servers.first?.transport == .http(url: "http://h", headers: [], kind: expected))
        }
    }

    @Test("a file of variables comes first, and env replaces what it says")
    func environmentFile() {
        let outcome = parseServer(
            #"{"command":"x","envFile":"a.env","env":{"B":"own","C":3,"D":true}}"#,
            files: ["/etc/mcp/a.env": "A=secret-a\nB=secret-b\n"])
        #expect(outcome.findings == [])
        #expect(
            outcome.configuration?.servers.first?.transport
                == .stdio(
                    command: "x", arguments: [],
                    environment: [
                        NamedValue("A", "secret-a"), NamedValue("B", "own"), NamedValue("C", "3"),
                        NamedValue("D", "true"),
                    ],
                    workingDirectory: "/etc/mcp"))
        #expect(outcome.configuration?.redactor.redact("secret-a") == "[redacted:A]")
    }

    @Test("the timeout of other tools limits the whole call: no stage ends it earlier")
    func foreignTimeout() throws {
        let short = try #require(parseServer(#"{"command":"x","timeout":5}"#).configuration?.servers.first?.timeouts)
        #expect(short == TimeoutConfiguration(call: .seconds(5)))
        let long = try #require(
            parseServer(#"{"command":"x","timeout":3600000}"#).configuration?.servers.first?.timeouts)
        #expect(long == TimeoutConfiguration(call: .seconds(3600), idle: .seconds(3600), max: .seconds(3600)))
        let mixed = try #require(
            parseServer(#"{"command":"x","timeout":"60s","timeouts":{"idle":"10s"}}"#).configuration?.servers.first?
                .timeouts)
        #expect(mixed == TimeoutConfiguration(call: .seconds(60), idle: .seconds(10)))
        let off = try #require(parseServer(#"{"command":"x","timeout":"off"}"#).configuration?.servers.first?.timeouts)
        #expect(off == TimeoutConfiguration(call: nil, idle: nil, max: nil))
    }

    @Test("tool lists of other tools become allow and deny")
    func foreignToolLists() {
        #expect(
            parseServer(#"{"command":"x","disabledTools":["a"],"tools":{"deny":["b"]}}"#).configuration?.servers.first?
                .tools.deny
                == [NamePattern("a"), NamePattern("b")])
        #expect(
            parseServer(#"{"command":"x","includeTools":["a"]}"#).configuration?.servers.first?.tools.allow == [
                NamePattern("a")
            ])
        #expect(
            parseServer(#"{"command":"x","tools":["a","b*"]}"#).configuration?.servers.first?.tools.exposes("bc")
                == true)
    }

    @Test(
        "secrets in plain text are concealed as well",
        arguments: [
            (#"{"url":"http://h","headers":{"Authorization":"Bearer abcdefgh1"}}"#, "abcdefgh1"),
            (#"{"url":"http://h","headers":{"X-Api-Key":"abcdefgh1"}}"#, "abcdefgh1"),
            (#"{"url":"http://h","auth":"abcdefgh1"}"#, "abcdefgh1"),
            (#"{"command":"x","env":{"MY_SECRET":"abcdefgh1"}}"#, "abcdefgh1"),
            (#"{"command":"x","args":["--api-key","abcdefgh1"]}"#, "abcdefgh1"),
            (#"{"command":"x","args":["--token=abcdefgh1"]}"#, "abcdefgh1"),
            (#"{"url":"http://u:abcdefgh1@h/"}"#, "abcdefgh1"),
            (#"{"url":"http://h/?a=1&api_key=abcdefgh1"}"#, "abcdefgh1"),
        ])
    func plainSecrets(server: String, secret: String) throws {
        let outcome = parseServer(server)
        let configuration = try #require(outcome.configuration)
        #expect(configuration.redactor.redact("x \(secret) y") == "x [redacted] y")
        #expect(!outcome.lines.joined().contains(secret))
        #expect(!outcome.explained().map(\.value).joined().contains(secret))
    }
}
