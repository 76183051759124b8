import MCPProtocol
import Testing

@Suite("Protocol revisions")
struct ProtocolRevisionTests {
    @Test("are ordered, and all but the last are legacy")
    func order() {
        #expect(ProtocolRevision.allCases.map(\.rawValue).sorted() == ProtocolRevision.allCases.map(\.rawValue))
        #expect(ProtocolRevision.legacy == [.v2024_11_05, .v2025_03_26, .v2025_06_18, .v2025_11_25])
        #expect(ProtocolRevision.v2026_07_28.isModern)
        #expect(ProtocolRevision.v2025_03_26 < .v2025_06_18)
    }

    @Test(
        "a server answers a legacy revision it was asked for, and the newest legacy one to anything else",
        arguments: [
            ("2024-11-05", .v2024_11_05), ("2025-03-26", .v2025_03_26), ("2025-06-18", .v2025_06_18),
            ("2025-11-25", .v2025_11_25), ("2026-07-28", .v2025_11_25), ("2099-01-01", .v2025_11_25),
            ("2024-10-07", .v2025_11_25), ("", .v2025_11_25), ("1.0", .v2025_11_25),
        ] as [(String, ProtocolRevision)])
    func serverSide(requested: String, answered: ProtocolRevision) {
        #expect(ProtocolRevision.negotiated(forRequested: requested) == answered)
    }

    @Test("a client goes on with a legacy revision it knows and with no other")
    func clientSide() {
        for revision in ProtocolRevision.legacy {
            #expect(ProtocolRevision.accepting(answered: revision.rawValue) == revision)
        }
        #expect(ProtocolRevision.accepting(answered: "2026-07-28") == nil)
        #expect(ProtocolRevision.accepting(answered: "2025-06-17") == nil)
    }

    @Test(
        "features belong to revisions",
        arguments: [
            // Batches, one endpoint, version header, session header, progress message, elicitation, URLs, tasks.
            (.v2024_11_05, "--------"), (.v2025_03_26, "BS-HP---"), (.v2025_06_18, "-SVHPE--"),
            (.v2025_11_25, "-SVHPEUT"), (.v2026_07_28, "-SV-PEU-"),
        ] as [(ProtocolRevision, String)])
    func features(revision: ProtocolRevision, expected: String) {
        let features: [(Character, Bool)] = [
            ("B", revision.allowsBatch), ("S", revision.hasStreamableHTTP), ("V", revision.hasVersionHeader),
            ("H", revision.hasSessionHeader), ("P", revision.hasProgressMessage), ("E", revision.hasElicitation),
            ("U", revision.hasURLElicitation), ("T", revision.hasCoreTasks),
        ]
        #expect(String(features.map { $0.1 ? $0.0 : "-" }) == expected)
        #expect(revision.resourceNotFoundCode == (revision.isLegacy ? -32002 : -32602))
        #expect(revision.hasInitialize != revision.hasDiscover)
    }
}

@Suite("Messages of initialize")
struct InitializeTests {
    @Test("a request is read, and written in the form of its revision")
    func request() throws {
        let params = try RawJSON(
            validating:
                #"{"capabilities":{"x":1.0},"clientInfo":{"name":"c","version":"1","title":"C","extra":1},"protocolVersion":"2099-01-01"}"#
        )
        let request = try InitializeRequest(params: params)
        #expect(request.protocolVersion == "2099-01-01")
        #expect(request.capabilities.text == #"{"x":1.0}"#)
        #expect(request.clientInfo == Implementation(name: "c", version: "1", title: "C"))
        let written = InitializeRequest(
            protocolVersion: .v2025_06_18, capabilities: .emptyObject,
            clientInfo: Implementation(name: "g", version: "2", title: "G", description: "D", websiteURL: "https://e.x")
        )
        #expect(
            String(decoding: written.encode(), as: UTF8.self)
                == #"{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"g","title":"G","version":"2"}}"#
        )
    }

    @Test("a result is read back as it was written")
    func result() throws {
        let result = InitializeResult(
            protocolVersion: .v2025_11_25, capabilities: try RawJSON(validating: #"{"tools":{}}"#),
            serverInfo: Implementation(name: "s", version: "", title: "S", description: "D", websiteURL: "W"),
            instructions: "Line\nline")
        #expect(try InitializeResult(result: RawJSON(validating: result.encode())) == result)
    }

    @Test("what is missing is tolerated where it does no harm, and named where it does")
    func sloppy() throws {
        let bare = try InitializeResult(result: RawJSON(validating: #"{"protocolVersion":"2024-11-05"}"#))
        #expect(bare.capabilities == .emptyObject)
        #expect(bare.serverInfo == Implementation(name: "", version: ""))
        #expect(bare.instructions == nil)
        func error(_ text: String) throws -> String? {
            let raw = try RawJSON(validating: text)
            return #expect(throws: MessageError.self) { try InitializeResult(result: raw) }?.description
        }
        #expect(try error("[]") == "result must be an object")
        #expect(try error(#"{"protocolVersion":1}"#) == "result.protocolVersion must be a string")
        #expect(try error(#"{"protocolVersion":"x","capabilities":[]}"#) == "result.capabilities must be an object")
        #expect(throws: MessageError(path: "params", fact: "must be an object")) { try InitializeRequest(params: nil) }
    }
}

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
