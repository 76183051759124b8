import MCPProtocol
import TestSupport
import Testing

@Suite("Capabilities of clients")
struct ClientCapabilitiesTests {
    struct Case: Sendable {
        let declared: String
        let revision: ProtocolRevision
        /// Roots, their changes, Sampling, its Tools and Context, elicitation by Form and URL.
        let flags: String
        let forUpstream: String

        init(_ declared: String, _ revision: ProtocolRevision, _ flags: String, _ forUpstream: String) {
            self.declared = declared
            self.revision = revision
            self.flags = flags
            self.forUpstream = forUpstream
        }
    }

    static let all =
        #"{"roots":{"listChanged":true},"sampling":{"tools":{},"context":{}},"elicitation":{"form":{},"url":{}},"tasks":{"list":{}}}"#

    static let cases = [
        Case("{}", .v2025_11_25, "-------", "{}"),
        Case("[]", .v2025_11_25, "-------", "{}"),
        Case(#"{"roots":{}}"#, .v2024_11_05, "R------", #"{"roots":{}}"#),
        Case(#"{"roots":{"listChanged":false}}"#, .v2024_11_05, "R------", #"{"roots":{}}"#),
        Case(#"{"roots":true,"sampling":null,"elicitation":1}"#, .v2025_11_25, "-------", "{}"),
        Case(
            all, .v2025_11_25, "RrSTCFU",
            #"{"roots":{"listChanged":true},"sampling":{"tools":{},"context":{}},"elicitation":{"form":{},"url":{}}}"#),
        Case(all, .v2025_06_18, "RrS--F-", #"{"roots":{"listChanged":true},"sampling":{},"elicitation":{}}"#),
        Case(all, .v2025_03_26, "RrS----", #"{"roots":{"listChanged":true},"sampling":{}}"#),
        Case(all, .v2024_11_05, "RrS----", #"{"roots":{"listChanged":true},"sampling":{}}"#),
        Case(#"{"elicitation":{}}"#, .v2025_11_25, "-----F-", #"{"elicitation":{}}"#),
        Case(#"{"elicitation":{"x":{}}}"#, .v2025_11_25, "-----F-", #"{"elicitation":{}}"#),
        Case(#"{"elicitation":{"form":{"x":1}}}"#, .v2025_11_25, "-----F-", #"{"elicitation":{"form":{}}}"#),
        Case(#"{"elicitation":{"url":{}}}"#, .v2025_11_25, "------U", #"{"elicitation":{"url":{}}}"#),
        Case(#"{"elicitation":{"url":{}}}"#, .v2025_06_18, "-----F-", #"{"elicitation":{}}"#),
        Case(#"{"sampling":{"tools":{}}}"#, .v2025_11_25, "--ST---", #"{"sampling":{"tools":{}}}"#),
        Case(
            #"{"extensions":{"a/b":{"n":1.0}},"experimental":{"x":{ "y":"\u0061" }}}"#, .v2025_06_18, "-------",
            #"{"experimental":{"x":{ "y":"\u0061" }},"extensions":{"a/b":{"n":1.0}}}"#),
        Case(#"{"extensions":[],"experimental":7}"#, .v2025_11_25, "-------", "{}"),
        Case(
            all, .v2026_07_28, "R-STCFU",
            #"{"roots":{},"sampling":{"tools":{},"context":{}},"elicitation":{"form":{},"url":{}}}"#),
        Case(#"{"elicitation":{},"roots":{}}"#, .v2026_07_28, "R----F-", #"{"roots":{},"elicitation":{}}"#),
    ]

    @Test("are read as their revision has them, and offered to servers as 2025-11-25 has them", arguments: cases)
    func reading(example: Case) throws {
        let client = ClientCapabilities(try RawJSON(validating: example.declared), revision: example.revision)
        let flags: [(Character, Bool)] = [
            ("R", client.roots), ("r", client.rootsListChanged), ("S", client.sampling), ("T", client.samplingTools),
            ("C", client.samplingContext), ("F", client.elicitationForm), ("U", client.elicitationURL),
        ]
        #expect(String(flags.map { $0.1 ? $0.0 : "-" }) == example.flags)
        #expect(client.canBeAsked == (example.flags != "-------"))
        #expect(client.forUpstream.text == example.forUpstream)
        #expect(client.fingerprint == example.forUpstream)
        let schema = try SchemaDocument.named("2025-11-25")
        #expect(
            schema.problems(in: try JSONTree(parsing: Array(client.forUpstream.bytes)), as: "ClientCapabilities") == [])
        // A server that is told what the gateway offers sees the same client.
        #expect(ClientCapabilities(client.forUpstream, revision: .v2025_11_25).fingerprint == client.fingerprint)
    }

    @Test("a client without capabilities cannot be asked")
    func none() {
        #expect(!ClientCapabilities.none.canBeAsked)
        #expect(ClientCapabilities.none.fingerprint == "{}")
    }

    static let declared =
        #"{"roots":{"listChanged":true},"sampling":{"tools":{},"context":{}},"elicitation":{"form":{},"url":{}},"#
        + #""experimental":{"x":{ }},"extensions":{"a/b":{"n":1.0}},"tasks":{"list":{}}}"#

    @Test(
        "a server hears what its revision can express of what the client's can",
        arguments: [
            (
                .v2025_11_25, .v2026_07_28,
                #"{"roots":{},"sampling":{"tools":{},"context":{}},"elicitation":{"form":{},"url":{}},"experimental":{"x":{ }},"extensions":{"a/b":{"n":1.0}}}"#
            ),
            (
                .v2025_06_18, .v2026_07_28,
                #"{"roots":{},"sampling":{},"elicitation":{},"experimental":{"x":{ }},"extensions":{"a/b":{"n":1.0}}}"#
            ),
            (
                .v2026_07_28, .v2025_11_25,
                #"{"roots":{},"sampling":{"tools":{},"context":{}},"elicitation":{"form":{},"url":{}},"experimental":{"x":{ }},"extensions":{"a/b":{"n":1.0}}}"#
            ),
            (
                .v2026_07_28, .v2025_06_18,
                #"{"roots":{},"sampling":{},"elicitation":{},"experimental":{"x":{ }},"extensions":{"a/b":{"n":1.0}}}"#
            ),
            (
                .v2025_11_25, .v2025_03_26,
                #"{"roots":{"listChanged":true},"sampling":{},"experimental":{"x":{ }},"extensions":{"a/b":{"n":1.0}}}"#
            ),
            (
                .v2026_07_28, .v2024_11_05,
                #"{"roots":{},"sampling":{},"experimental":{"x":{ }},"extensions":{"a/b":{"n":1.0}}}"#
            ),
        ] as [(ProtocolRevision, ProtocolRevision, String)])
    func encoding(client revision: ProtocolRevision, server: ProtocolRevision, expected: String) throws {
        let client = ClientCapabilities(try RawJSON(validating: Self.declared), revision: revision)
        let encoded = client.encode(for: server)
        #expect(encoded.text == expected)
        let schema = try SchemaDocument.named(server.rawValue)
        #expect(schema.problems(in: try JSONTree(parsing: Array(encoded.bytes)), as: "ClientCapabilities") == [])
    }

    @Test("who can only be sent to a URL is offered no forms")
    func onlyURL() throws {
        let client = ClientCapabilities(
            try RawJSON(validating: #"{"elicitation":{"url":{}}}"#), revision: .v2026_07_28)
        #expect(client.encode(for: .v2025_06_18).text == "{}")
        #expect(client.encode(for: .v2025_11_25).text == #"{"elicitation":{"url":{}}}"#)
    }

    @Test("tasks of the extension are declared by who handles them, and tell clients apart")
    func tasks() throws {
        let tasks = #""io.modelcontextprotocol/tasks":{ }"#
        func client(_ extensions: String, _ revision: ProtocolRevision = .v2026_07_28) throws -> ClientCapabilities {
            ClientCapabilities(try RawJSON(validating: #"{"extensions":{\#(extensions)}}"#), revision: revision)
        }
        let own = try client(tasks)
        #expect(own.tasks && own.extensions == nil)
        #expect(own.encode(for: .v2026_07_28).text == "{}")
        #expect(
            own.encode(for: .v2026_07_28, runningTasks: true).text
                == #"{"extensions":{"io.modelcontextprotocol/tasks":{}}}"#)
        #expect(own.encode(for: .v2025_11_25, runningTasks: true).text == "{}")
        #expect(own.fingerprint != ClientCapabilities.none.fingerprint)
        let both = try client(#"\#(tasks),"a/b":{"n":1.0}"#)
        #expect(both.forUpstream.text == #"{"extensions":{"a/b":{"n":1.0}}}"#)
        #expect(
            both.encode(for: .v2026_07_28, runningTasks: true).text
                == #"{"extensions":{"a/b":{"n":1.0},"io.modelcontextprotocol/tasks":{}}}"#)
        #expect(try !client(tasks, .v2025_11_25).tasks)
        #expect(try !client(#""io.modelcontextprotocol/tasks":true"#).tasks)
    }
}
