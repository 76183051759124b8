import MCPProtocol
import TestSupport
import Testing

@Suite("Messages for peers of older revisions")
struct OlderPeersTests {
    static let link = #"{"type":"resource_link","uri":"a:b","name":"n"}"#
    static let audio = #"{"type":"audio","data":"AA==","mimeType":"audio/wav"}"#
    static let text = #"{"text":"\u0061","type":"text"}"#

    private func prompt(_ contents: String...) -> String {
        let messages = contents.map { #"{ "role":"user", "content":\#($0) }"# }.joined(separator: " , ")
        return #"{"description":"d","messages":[\#(messages)],"x":1.0}"#
    }

    @Test("prompts have only content their revision has", arguments: ProtocolRevision.legacy)
    func prompts(revision: ProtocolRevision) throws {
        let given = try RawJSON(validating: prompt(Self.text, Self.link, Self.audio))
        let link = revision.hasResourceLinks ? Self.link : #"{"type":"text","text":"n\na:b"}"#
        let resource =
            #"{"type":"resource","resource":{"uri":"audio:content/2","mimeType":"audio/wav","blob":"AA=="}}"#
        let adapted = given.promptResult(from: .v2025_11_25, for: revision)
        #expect(adapted.text == prompt(Self.text, link, revision.hasAudioContent ? Self.audio : resource))
        let validator = try MessageValidator(revision: revision.rawValue)
        let response = JSONRPC.response(id: 1, result: adapted)
        #expect(validator.problems(in: response, sender: .server, answering: "prompts/get") == [])
    }

    @Test(
        "tools lose what their revision does not have",
        arguments: [
            (.v2025_11_25, #","execution":{"taskSupport":"optional"},"outputSchema":{"type":"object"}"#),
            (.v2025_06_18, #","outputSchema":{"type":"object"}"#), (.v2025_03_26, ""), (.v2024_11_05, ""),
            (.v2026_07_28, #","outputSchema":{"type":"object"}"#),
        ] as [(ProtocolRevision, String)])
    func tools(revision: ProtocolRevision, rest: String) throws {
        let start = #"{"name":"t" , "inputSchema":{"type":"object","x":1.0},"title":"\u0054""#
        let tool = try RawJSON(
            validating: start + #","execution":{"taskSupport":"optional"},"outputSchema":{"type":"object"}}"#)
        #expect(tool.listItem(.tools, for: revision).text == start + rest + "}")
        for kind in ListKind.allCases where kind != .tools { #expect(tool.listItem(kind, for: revision) == tool) }
    }

    @Test("progress has no message, completion no context, where there was none")
    func params() throws {
        let progress = try RawJSON(validating: #"{"progressToken":1,"message":"m","progress":1.0}"#)
        #expect(progress.progressParams(for: .v2024_11_05).text == #"{"progressToken":1,"progress":1.0}"#)
        #expect(progress.progressParams(for: .v2025_03_26) == progress)
        let completion = try RawJSON(validating: #"{"ref":{},"context":{"arguments":{}},"argument":{}}"#)
        #expect(completion.completionParams(for: .v2025_03_26).text == #"{"ref":{},"argument":{}}"#)
        #expect(completion.completionParams(for: .v2025_06_18) == completion)
    }

    @Test("sampled content is one block where there are no arrays")
    func sampling() throws {
        let one = try RawJSON(validating: #"{"role":"user","content":[ {"type":"text","text":"\u0061"} ],"model":"m"}"#)
        #expect(
            one.samplingResult(for: .v2025_06_18).text
                == #"{"role":"user","content":{"type":"text","text":"\u0061"},"model":"m"}"#)
        #expect(one.samplingResult(for: .v2025_11_25) == one)
        let two = try RawJSON(validating: #"{"content":[{},{}]}"#)
        #expect(two.samplingResult(for: .v2025_06_18) == two)
    }
}
