import Foundation
import TestSupport
import Testing

// One at a time: each starts a Python program, which takes seconds of processor time to start.
@Suite(.serialized)
struct PeersTests {
    @Test("the validator agrees with an established one on every definition of every schema")
    func crossCheck() async throws {
        var lines = ""
        var valid = 0
        for (index, name) in SchemaDocument.names.enumerated() {
            let document = try SchemaDocument.named(name)
            for mistakes in [0, 30, 120] {
                var sampler = SchemaSampler(
                    document, seed: UInt64(index * 1000 + mistakes), mistakesPerThousand: mistakes)
                for definition in document.definitionNames {
                    for _ in 0..<5 {
                        let sample = sampler.sample(definition)
                        let instance = try #require(sample)
                        let isValid = document.problems(in: instance, as: definition).isEmpty
                        if isValid { valid += 1 }
                        let line: JSONTree = [
                            "schema": .string(name), "definition": .string(definition), "instance": instance,
                            "valid": .bool(isValid),
                        ]
                        lines += "\(line)\n"
                    }
                }
            }
        }
        let directory = try TemporaryDirectory()
        let file = try directory.write(lines, to: "cases")
        let schemas = Repository.root.appending(path: "Tests/Support/Schemas").path
        try await RunningProcess.with(.peer(.sdk2, "schema_check.py", [schemas, file])) { process in
            let exit = try await process.exit(within: .seconds(120))
            let summary = try JSONTree(parsing: process.standardOutput.lines.last ?? "")
            #expect(summary["disagreements"] == 0, Comment(rawValue: process.transcript))
            #expect(summary["valid"]?.int == valid)
            // Neither all right nor all wrong, or the comparison would say little.
            let checked = try #require(summary["checked"]?.int)
            #expect(valid > checked / 4 && valid < checked * 9 / 10)
            #expect(exit == .code(0))
        }
    }

    /// Runs `body` with a server script that listens on HTTP, and passes its port.
    private func withServer(_ peers: Peers, _ script: String, body: (Int) async throws -> Void) async throws {
        try await RunningProcess.with(.peer(peers, script)) { server in
            let line = try await server.line("port", within: .seconds(60)) { $0.contains("\"port\"") }
            try await body(try #require(try JSONTree(parsing: line)["port"]?.int))
        }
    }

    @Test("what a published server says over HTTP passes the validator", arguments: [Peers.sdk1, .sdk2])
    func validatesServers(environment: Peers) async throws {
        let log = MessageLog()
        try await withServer(environment, "sdk_server.py") { port in
            let revision = "2025-11-25"
            let client = try await RawHTTPClient(port: port)
            var headers = [
                ("Content-Type", "application/json"), ("Accept", "application/json, text/event-stream"),
                ("MCP-Protocol-Version", revision),
            ]
            func send(_ message: String) async throws -> HTTPAnswer {
                try await log.record(Array(message.utf8), on: "http", revision: revision, sender: .client)
                let answer = try await client.request("POST", "/mcp", headers: headers, body: Array(message.utf8))
                for event in answer.events() where !event.data.isEmpty {
                    try await log.record(Array(event.data.utf8), on: "http", revision: revision, sender: .server)
                }
                return answer
            }
            let initialized = try await send(
                #"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","#
                    + #""capabilities":{},"clientInfo":{"name":"test","version":"1"}}}"#)
            #expect(initialized.status == 200)
            headers.append(("Mcp-Session-Id", try #require(initialized[header: "mcp-session-id"])))
            #expect(try await send(#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#).status == 202)
            for (id, method) in ["tools/list", "resources/list", "prompts/list"].enumerated() {
                _ = try await send(#"{"jsonrpc":"2.0","id":\#(id + 1),"method":"\#(method)"}"#)
            }
            for (id, tool) in ["image", "audio", "embedded_resource", "resource_link", "structured"].enumerated() {
                _ = try await send(
                    #"{"jsonrpc":"2.0","id":"call \#(id)","method":"tools/call","params":{"name":"\#(tool)","#
                        + #""arguments":{"city":"Bern"}}}"#)
            }
            _ = try await send(
                #"{"jsonrpc":"2.0","id":20,"method":"tools/call","params":{"name":"progress","#
                    + #""arguments":{"steps":2,"delayMs":1},"_meta":{"progressToken":"p"}}}"#)
        }
        #expect(await log.problems() == [])
        #expect(await log.entries.count { $0.sender == .server } == 12)
    }
}
