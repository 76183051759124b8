import TestSupport
import Testing

@testable import MCPProtocol

@Suite("what a request says of itself")
struct RequestMetaTests {
    static let version = #""io.modelcontextprotocol/protocolVersion":"2026-07-28""#
    static let capabilities = #""io.modelcontextprotocol/clientCapabilities":{ "roots":{} }"#
    static let info = #""io.modelcontextprotocol/clientInfo":{"name":"n","version":"1"}"#
    static let level = #""io.modelcontextprotocol/logLevel":"warning""#

    private func meta(_ members: String...) throws -> RequestMeta {
        try RequestMeta(params: RawJSON(validating: #"{"name":"t","_meta":{\#(members.joined(separator: ","))}}"#))
    }

    @Test("everything is read where it stands")
    func reading() throws {
        let all = try meta(Self.level, #""x":1"#, Self.info, Self.capabilities, Self.version)
        #expect(all.protocolVersion == "2026-07-28")
        #expect(all.clientCapabilities.text == #"{ "roots":{} }"#)
        #expect(all.clientInfo?.text == #"{"name":"n","version":"1"}"#)
        #expect(all.logLevel == "warning")
        let least = try meta(Self.capabilities, Self.version.replacing("/protocol", with: #"\/protoc\u006fl"#))
        #expect(least.protocolVersion == "2026-07-28")
        #expect(least.clientInfo == nil)
        #expect(least.logLevel == nil)
    }

    @Test(
        "what is missing or wrong is named",
        arguments: [
            (
                "",
                #"params._meta must be an object with "io.modelcontextprotocol/protocolVersion" and "#
                    + #""io.modelcontextprotocol/clientCapabilities""#
            ),
            (
                #""_meta":[]"#,
                #"params._meta must be an object with "io.modelcontextprotocol/protocolVersion" and "#
                    + #""io.modelcontextprotocol/clientCapabilities""#
            ),
            (
                #""_meta":{\#(capabilities)}"#,
                #"params._meta["io.modelcontextprotocol/protocolVersion"] must be a string"#
            ),
            (
                #""_meta":{\#(version)}"#,
                #"params._meta["io.modelcontextprotocol/clientCapabilities"] must be an object, which may be empty"#
            ),
            (
                #""_meta":{\#(capabilities),"io.modelcontextprotocol/protocolVersion":1}"#,
                #"params._meta["io.modelcontextprotocol/protocolVersion"] must be a string"#
            ),
            (
                #""_meta":{\#(version),"io.modelcontextprotocol/clientCapabilities":null}"#,
                #"params._meta["io.modelcontextprotocol/clientCapabilities"] must be an object, which may be empty"#
            ),
            (
                #""_meta":{\#(version),\#(capabilities),"io.modelcontextprotocol/clientInfo":"n"}"#,
                #"params._meta["io.modelcontextprotocol/clientInfo"] must be an object"#
            ),
            (
                #""_meta":{\#(version),\#(capabilities),"io.modelcontextprotocol/logLevel":3}"#,
                #"params._meta["io.modelcontextprotocol/logLevel"] must be a string"#
            ),
            (
                #""_meta":{\#(version),\#(capabilities),\#(version)}"#,
                #"params._meta["io.modelcontextprotocol/protocolVersion"] appears more than once"#
            ),
            (
                #""_meta":{\#(version),\#(capabilities)},"\u005fmeta":{}"#, "params._meta appears more than once"
            ),
        ])
    func refused(members: String, fact: String) throws {
        let params = try RawJSON(validating: "{\(members)}")
        #expect {
            try RequestMeta(params: params)
        } throws: { error in
            "\(error)" == fact
        }
        #expect(throws: MessageError.self) { try RequestMeta(params: nil) }
    }

    @Test(
        "an affinity is a text of 1 to 128 bytes",
        arguments: [
            (#""run-1""#, "run-1"), (#""\u0000\"ä""#, "\u{0}\"ä"),
            ("\"\(String(repeating: "ä", count: 64))\"", String(repeating: "ä", count: 64)),
        ])
    func affinity(written: String, read: String) throws {
        #expect(try meta(Self.version, Self.capabilities).affinity == nil)
        #expect(try meta(#""mcp-gateway/affinity":\#(written)"#, Self.version, Self.capabilities).affinity == read)
        let sent = RawJSON.emptyObject.requestParams(
            capabilities: .emptyObject, clientInfo: .emptyObject, logLevel: nil, affinity: read)
        #expect(try RequestMeta(params: sent).affinity == read)
        #expect(sent.withoutEnvelope == .emptyObject)
        // It is between two, and does not go with a request to the next.
        let next = sent.requestParams(capabilities: .emptyObject, clientInfo: .emptyObject, logLevel: nil)
        #expect(try RequestMeta(params: next).affinity == nil)
    }

    @Test(
        "an affinity of another kind or length is refused with the limit",
        arguments: [
            ("null", ""), ("7", ""), ("{}", ""), (#""""#, "; it has 0"),
            ("\"\(String(repeating: "x", count: 129))\"", "; it has 129"),
        ])
    func badAffinity(written: String, fact: String) throws {
        #expect {
            try meta(Self.version, Self.capabilities, #""mcp-gateway/affinity":\#(written)"#)
        } throws: { error in
            "\(error)" == #"params._meta["mcp-gateway/affinity"] must be a string of 1 to 128 bytes"# + fact
        }
        #expect(throws: MessageError.self) {
            try meta(Self.version, Self.capabilities, #""mcp-gateway/affinity":"a","mcp-gateway/affinity":"a""#)
        }
    }

    @Test("a claim is a member of _meta, whatever it says")
    func claim() throws {
        func claim(_ params: String) throws -> String? {
            RequestMeta.claim(in: try RawJSON(validating: params))?.text
        }
        #expect(try claim(#"{"_meta":{\#(Self.version)}}"#) == #""2026-07-28""#)
        #expect(try claim(#"{"_meta":{"io.modelcontextprotocol/protocolVersion":null}}"#) == "null")
        #expect(try claim(#"{"_meta":{"progressToken":1},\#(Self.version)}"#) == nil)
        #expect(try claim("{}") == nil)
        #expect(RequestMeta.claim(in: nil) == nil)
    }

    @Test(
        "a request to a server speaks for the client, and keeps what is not of a hop",
        arguments: [
            (#"{"name":"t"}"#, #"{"name":"t","_meta":{*}}"#), ("{}", #"{"_meta":{*}}"#),
            (
                #"{"_meta":{ "k":1.0,"progressToken":7},"name":"\u0074"}"#,
                #"{"_meta":{ "k":1.0,"progressToken":7,*},"name":"\u0074"}"#
            ),
            (
                #"{"_meta":{"io.modelcontextprotocol/subscriptionId":1,\#(level),"k":1}}"#, #"{"_meta":{"k":1,*}}"#
            ),
            (#"{"_meta":7}"#, #"{"_meta":{*}}"#),
        ])
    func requestParams(given: String, expected: String) throws {
        let params = try RawJSON(validating: given).requestParams(
            capabilities: RawJSON(validating: #"{ "roots":{} }"#),
            clientInfo: RawJSON(validating: #"{"name":"n","version":"1"}"#), logLevel: nil)
        #expect(params.text == expected.replacing("*", with: "\(Self.version),\(Self.capabilities),\(Self.info)"))
        #expect(try RequestMeta(params: params).logLevel == nil)
        let again = params.requestParams(
            capabilities: .emptyObject, clientInfo: .emptyObject, logLevel: "info\"", revision: .v2025_11_25)
        let meta = try RequestMeta(params: again)
        #expect(meta.logLevel == "info\"")
        #expect(meta.protocolVersion == "2025-11-25")
        #expect(meta.clientCapabilities == .emptyObject)
    }

    @Test(
        "what concerns one hop is left out, and an empty _meta with it",
        arguments: [
            (#"{"a":1,"_meta":{\#(version),"k":1.0,\#(info)}}"#, #"{"a":1,"_meta":{"k":1.0}}"#),
            (#"{"_meta":{\#(version)},"a":1}"#, #"{"a":1}"#), (#"{"a":1,"_meta":{}}"#, #"{"a":1,"_meta":{}}"#),
            (
                #"{"_meta":{"io.modelcontextprotocol/serverInfo":{},"progressToken":1}}"#,
                #"{"_meta":{"progressToken":1}}"#
            ),
            (#"{"a":1}"#, #"{"a":1}"#), (#"{"_meta":[1]}"#, #"{"_meta":[1]}"#), ("[]", "[]"),
        ])
    func withoutEnvelope(given: String, expected: String) throws {
        #expect(try RawJSON(validating: given).withoutEnvelope.text == expected)
    }

    @Test("a request made this way is one of the schema")
    func valid() throws {
        let params = try RawJSON(validating: #"{"name":"t","arguments":{}}"#).requestParams(
            capabilities: RawJSON(validating: #"{"roots":{}}"#),
            clientInfo: RawJSON(validating: #"{"name":"n","version":"1"}"#), logLevel: "debug")
        let validator = try MessageValidator(revision: "2026-07-28")
        let request = JSONRPC.request(id: 1, method: "tools/call", params: params)
        #expect(validator.problems(in: request, sender: .client) == [])
    }
}
