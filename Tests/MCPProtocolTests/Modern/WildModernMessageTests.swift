import Testing

@testable import MCPProtocol

@Suite("messages of 2026-07-28 nobody should send")
struct WildModernMessageTests {
    static let corpus = [
        #"{"name":"t","arguments":{"a":{"b":1}},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{"roots":{}},"io.modelcontextprotocol/clientInfo":{"name":"n"},"progressToken":1}}"#,
        #"{"resultType":"input_required","inputRequests":{"a":{"method":"roots/list"},"b":{"method":"elicitation/create","params":{}}},"requestState":"s"}"#,
        #"{"inputResponses":{"a":{"action":"accept","content":{}},"b":{}},"requestState":"s","name":"t"}"#,
        #"{"notifications":{"toolsListChanged":true,"resourceSubscriptions":["a","b"],"taskIds":["t"]}}"#,
        #"{"type":"object","properties":{"a":{"type":"string","x-mcp-header":"A"},"b":{"type":"object","properties":{"c":{"type":"integer","x-mcp-header":"B"}}}}}"#,
        #"{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{},"ttlMs":1,"cacheScope":"public","_meta":{"io.modelcontextprotocol/serverInfo":{"name":"n"},"k":1}}"#,
    ]

    @Test("become JSON or a refusal", arguments: 0..<8)
    func mutated(seed: UInt64) throws {
        var mutator = Mutator(seed: seed, corpus: Self.corpus.map { Array($0.utf8) })
        func expectJSON(_ bytes: some Collection<UInt8>) throws {
            #expect(try RawJSON(validating: Array(bytes)).bytes.elementsEqual(bytes))
        }
        for _ in 0..<300 {
            guard let value = try? RawJSON(validating: mutator.next()) else { continue }
            if let meta = try? RequestMeta(params: value) {
                #expect(RequestMeta.claim(in: value)?.stringValue == meta.protocolVersion)
            }
            let sent = value.requestParams(capabilities: .emptyObject, clientInfo: .emptyObject, logLevel: "\"")
            try expectJSON(sent.bytes)
            if value.kind == .object {
                #expect(try RequestMeta(params: sent).logLevel == "\"")
                #expect(value.completeResult(serverInfo: Array("{}".utf8))["_meta", MetaKey.serverInfo] == .emptyObject)
                #expect(value.withoutModernMembers.member("ttlMs") == nil)
            }
            for key in MetaKey.envelope { #expect(sent.withoutEnvelope["_meta", key] == nil) }
            try expectJSON(value.withoutEnvelope.bytes)
            try expectJSON(value.withoutModernMembers.bytes)
            try expectJSON(value.completeResult(serverInfo: Array("{}".utf8)).bytes)
            try expectJSON(value.hinted(ttlMilliseconds: 1, isPublic: true).bytes)
            if let asked = try? InputRequired(result: value) {
                let encoded = try RawJSON(validating: asked.encode())
                #expect(try InputRequired(result: encoded) == asked)
            }
            if let answers = try? InputAnswers(params: value), answers.isRetry {
                #expect(try !InputAnswers(params: value.answering(nil, requestState: nil)).isRetry)
            }
            if let filter = try? SubscriptionFilter(params: value) { try expectJSON(filter.encode()) }
            if let discovered = try? DiscoverResult(result: value) {
                #expect(
                    try DiscoverResult(result: RawJSON(validating: discovered.encode())).capabilities
                        == discovered.capabilities)
            }
            if let headers = try? ParameterHeaders(inputSchema: value) {
                for parameter in headers.parameters {
                    if let text = parameter.text(in: value) { #expect(parameter.isSame(text, text)) }
                }
            }
        }
    }

    @Test("a text cut anywhere is no JSON, and what is left of a header is not trusted", arguments: corpus)
    func cut(text: String) {
        let bytes = Array(text.utf8)
        for end in 0..<bytes.count {
            #expect(throws: JSONError.self) { try RawJSON(validating: bytes[..<end]) }
        }
        let header = Array(HeaderText.encode(text + "\n").utf8)
        for end in 0..<header.count {
            let decoded = HeaderText.decode(String(decoding: header[..<end], as: UTF8.self))
            #expect(decoded != text + "\n")
        }
    }
}
