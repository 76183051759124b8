import TestSupport
import Testing

@testable import MCPProtocol

@Suite("results between the eras")
struct EraResultTests {
    static let serverInfo = #""io.modelcontextprotocol/serverInfo":{"name":"s","version":"1"}"#
    static let relatedTask = #""io.modelcontextprotocol/related-task":{"taskId":"t"}"#

    private func expectValid(_ result: RawJSON, _ revision: ProtocolRevision, _ method: String) throws {
        // The front adds to modern results what all of them have.
        let whole = revision.isModern ? result.completeResult(serverInfo: Array(ModernResultTests.info.utf8)) : result
        let problems = try MessageValidator(revision: revision.rawValue).problems(
            in: JSONRPC.response(id: 1, result: whole), sender: .server, answering: method)
        #expect(problems == [])
    }

    @Test("older clients get none of the members of 2026-07-28", arguments: ProtocolRevision.legacy)
    func down(revision: ProtocolRevision) throws {
        let modern = #""resultType":"complete","_meta":{\#(Self.serverInfo),"k":1.0}"#
        let hints = #""ttlMs":7,"cacheScope":"public""#
        let tool = try RawJSON(validating: #"{\#(modern),"content":[ ],"isError":false}"#)
        #expect(
            tool.toolResult(from: .v2026_07_28, for: revision).text
                == #"{"_meta":{"k":1.0},"content":[ ],"isError":false}"#)
        let prompt = try RawJSON(validating: #"{"messages":[],\#(modern)}"#)
        #expect(
            prompt.promptResult(from: .v2026_07_28, for: revision).text == #"{"messages":[],"_meta":{"k":1.0}}"#)
        let read = try RawJSON(validating: #"{\#(modern),"contents":[ ],\#(hints)}"#)
        #expect(read.readResult(from: .v2026_07_28, for: revision).text == #"{"_meta":{"k":1.0},"contents":[ ]}"#)
        let empty = try RawJSON(validating: #"{"resultType":"complete","_meta":{\#(Self.serverInfo)}}"#)
        #expect(empty.result(from: .v2026_07_28, for: revision).text == "{}")
        try expectValid(tool.toolResult(from: .v2026_07_28, for: revision), revision, "tools/call")
        try expectValid(prompt.promptResult(from: .v2026_07_28, for: revision), revision, "prompts/get")
        try expectValid(read.readResult(from: .v2026_07_28, for: revision), revision, "resources/read")
    }

    @Test("clients of 2026-07-28 get what they rely on", arguments: ProtocolRevision.legacy)
    func up(revision: ProtocolRevision) throws {
        let target = ProtocolRevision.v2026_07_28
        let link = #"{"type":"resource_link","uri":"a:b","name":"n"}"#
        for (given, expected) in [
            (#"{ "content":[\#(link)],"structuredContent":{"a":1.0} }"#, nil),
            (#"{"structuredContent":{"a":1.0}}"#, #"{"structuredContent":{"a":1.0},"content":[]}"#),
            (#"{"content":null}"#, #"{"content":[]}"#), ("{}", #"{"content":[]}"#),
            (
                #"{"content":[],"_meta":{\#(Self.relatedTask),"k":1},"resultType":"input_required"}"#,
                #"{"content":[],"_meta":{"k":1}}"#
            ),
            (#"{"_meta":{\#(Self.relatedTask),\#(Self.serverInfo)},"content":[]}"#, #"{"content":[]}"#),
        ] as [(String, String?)] {
            let result = try RawJSON(validating: given).toolResult(from: revision, for: target)
            #expect(result.text == expected ?? given)
            try expectValid(result, target, "tools/call")
        }
        let read = try RawJSON(validating: #"{"contents":[],"resultType":"x"}"#).readResult(from: revision, for: target)
        #expect(read.text == #"{"contents":[],"ttlMs":0,"cacheScope":"private"}"#)
        try expectValid(read, target, "resources/read")
        let prompt = try RawJSON(validating: #"{"messages":[]}"#).promptResult(from: revision, for: target)
        #expect(prompt.text == #"{"messages":[]}"#)
        try expectValid(prompt, target, "prompts/get")
    }

    @Test(
        "within an era nothing is touched, nor copied",
        arguments: ProtocolRevision.allCases.flatMap { source in
            ProtocolRevision.allCases.compactMap { $0.isModern == source.isModern ? (source, $0) : nil }
        })
    func identity(source: ProtocolRevision, target: ProtocolRevision) throws {
        func expectSame(_ text: String, _ convert: (RawJSON) -> RawJSON) throws {
            let given = try RawJSON(validating: text)
            let isSame = convert(given).bytes.withUnsafeBufferPointer { new in
                given.bytes.withUnsafeBufferPointer { $0.baseAddress == new.baseAddress && $0.count == new.count }
            }
            #expect(isSame)
        }
        let text = #"{"type":"text","text":"\u0061"}"#
        try expectSame(#"{ "content":[\#(text)],"isError":true,"_meta":{},"x":1.0 }"#) {
            $0.toolResult(from: source, for: target)
        }
        try expectSame(#"{"messages":[{"role":"user","content":\#(text)}]}"#) {
            $0.promptResult(from: source, for: target)
        }
        try expectSame(#"{"contents":[],"ttlMs":1,"cacheScope":"public"}"#) { $0.readResult(from: source, for: target) }
        try expectSame(#"{"resultType":"complete","_meta":{}}"#) { $0.result(from: source, for: target) }
        guard source.isModern else { return }
        try expectSame(#"{"resultType":"complete","structuredContent":7}"#) {
            $0.toolResult(from: source, for: target, structuredIsWrapped: true)
        }
    }

    @Test(
        "structured content is an object for older clients, wrapped where its schema is",
        arguments: [
            ("[1.0]", true, .v2025_11_25, #"{"result":[1.0]}"#), ("[1.0]", true, .v2025_06_18, #"{"result":[1.0]}"#),
            ("[1.0]", true, .v2025_03_26, nil), ("[1.0]", false, .v2025_11_25, nil),
            (#"{"a":1e0}"#, false, .v2025_11_25, #"{"a":1e0}"#),
            (#"{"a":1e0}"#, true, .v2025_06_18, #"{"result":{"a":1e0}}"#),
            ("null", true, .v2025_11_25, #"{"result":null}"#), ("null", false, .v2025_11_25, nil),
            ("7", true, .v2026_07_28, "7"),
        ] as [(String, Bool, ProtocolRevision, String?)])
    func structured(value: String, isWrapped: Bool, target: ProtocolRevision, expected: String?) throws {
        let given = try RawJSON(validating: #"{"resultType":"complete","content":[],"structuredContent":\#(value)}"#)
        let result = given.toolResult(from: .v2026_07_28, for: target, structuredIsWrapped: isWrapped)
        #expect(result.member("structuredContent")?.text == expected)
        if target.isLegacy {
            // The text is the value itself: models have no use for the wrapping.
            #expect(result.member("content")?.element(0)?.member("text")?.stringValue == value)
        }
        try expectValid(result, target, "tools/call")
    }

    @Test("any result becomes JSON, for any pair of revisions", arguments: 0..<8)
    func mutated(seed: UInt64) throws {
        let corpus = [
            #"{"resultType":"complete","content":[\#(ToolResultTests.audio),\#(ToolResultTests.link)],"structuredContent":[1],"_meta":{\#(Self.serverInfo)}}"#,
            #"{"messages":[{"role":"user","content":\#(ToolResultTests.audio)}],"_meta":{\#(Self.relatedTask),"k":1}}"#,
            #"{"contents":[{"uri":"a:b","text":""}],"ttlMs":1,"cacheScope":"public","resultType":"complete"}"#,
            ##"{"name":"t","execution":{},"outputSchema":{"$ref":"#/$defs/a","$defs":{"a":{"type":"array","items":{"$ref":"#"}}}},"inputSchema":{"properties":{}}}"##,
        ]
        var mutator = Mutator(seed: seed, corpus: corpus.map { Array($0.utf8) })
        for _ in 0..<200 {
            guard let value = try? RawJSON(validating: mutator.next()) else { continue }
            for source in ProtocolRevision.allCases {
                for target in ProtocolRevision.allCases {
                    for result in [
                        value.toolResult(from: source, for: target, structuredIsWrapped: source == target),
                        value.promptResult(from: source, for: target), value.readResult(from: source, for: target),
                        value.result(from: source, for: target), value.listItem(.tools, for: target),
                    ] where result.kind == .object || value.kind == .object {
                        #expect(try RawJSON(validating: Array(result.bytes)) == result)
                    }
                }
            }
        }
    }
}
