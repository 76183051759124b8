import TestSupport
import Testing

@testable import MCPProtocol

@Suite("results of 2026-07-28")
struct ModernResultTests {
    static let info = #"{"name":"gateway","version":"1"}"#
    static let identity = #""io.modelcontextprotocol/serverInfo":\#(info)"#

    @Test(
        "get what every result has, and keep what they say themselves",
        arguments: [
            ("{}", #"{"resultType":"complete","_meta":{\#(identity)}}"#),
            (
                #"{ "content":[ ],"x":1.0 }"#,
                #"{ "content":[ ],"x":1.0 ,"resultType":"complete","_meta":{\#(identity)}}"#
            ),
            (
                #"{"_meta":{"k":1.0},"resultType":"task"}"#, #"{"_meta":{"k":1.0,\#(identity)},"resultType":"task"}"#
            ),
            (
                #"{"_meta":{ "io.modelcontextprotocol\/serverInfo":{"name":"theirs"} },"content":[]}"#,
                #"{"_meta":{ "io.modelcontextprotocol\/serverInfo":\#(info) },"content":[],"resultType":"complete"}"#
            ),
            (#"{"_meta":null}"#, #"{"_meta":{\#(identity)},"resultType":"complete"}"#), ("[]", "[]"), ("null", "null"),
        ])
    func completing(given: String, expected: String) throws {
        let completed = try RawJSON(validating: given).completeResult(serverInfo: Array(Self.info.utf8))
        #expect(completed.text == expected)
        #expect(try RawJSON(validating: completed.text) == completed)
    }

    @Test(
        "lists and reads get hints where they have none",
        arguments: [
            (#"{"tools":[]}"#, #"{"tools":[],"ttlMs":5,"cacheScope":"private"}"#),
            (#"{"ttlMs":0,"tools":[]}"#, #"{"ttlMs":0,"tools":[],"cacheScope":"private"}"#),
            (#"{"cacheScope":"public","ttlMs":1}"#, #"{"cacheScope":"public","ttlMs":1}"#), ("7", "7"),
        ])
    func hinting(given: String, expected: String) throws {
        #expect(try RawJSON(validating: given).hinted(ttlMilliseconds: 5, isPublic: false).text == expected)
        #expect(
            RawJSON.emptyObject.hinted(ttlMilliseconds: -1, isPublic: true).text
                == #"{"ttlMs":0,"cacheScope":"public"}"#)
    }

    @Test(
        "lose all of that for older clients",
        arguments: [
            (#"{"resultType":"complete"}"#, "{}"),
            (
                #"{"resultType":"complete","contents":[ ], "ttlMs":1,"cacheScope":"public","_meta":{\#(identity),"k":1}}"#,
                #"{"contents":[ ],"_meta":{"k":1}}"#
            ),
            (#"{"_meta":{\#(identity)},"a":1.0,"resultType":"complete"}"#, #"{"a":1.0}"#), (#"{"a":1}"#, #"{"a":1}"#),
        ])
    func stripping(given: String, expected: String) throws {
        #expect(try RawJSON(validating: given).withoutModernMembers.text == expected)
    }

    @Test("discovery says the same again")
    func discovery() throws {
        let text =
            #"{"resultType":"complete","supportedVersions":["2026-07-28","x"],"capabilities":{ "tools":{} },"#
            + #""instructions":"\u0061","ttlMs":7,"cacheScope":"public","_meta":{\#(Self.identity)}}"#
        let result = try DiscoverResult(result: RawJSON(validating: text))
        #expect(result.supportedVersions == ["2026-07-28", "x"])
        #expect(result.capabilities.text == #"{ "tools":{} }"#)
        #expect(result.instructions == "a")
        #expect(result.ttlMilliseconds == 7 && result.isPublic)
        #expect(result.serverInfo.name == "gateway")
        let encoded = result.encode()
        #expect(String(decoding: encoded, as: UTF8.self) == text.replacing(#"\u0061"#, with: "a"))
        #expect(try DiscoverResult(result: RawJSON(validating: encoded)) == result)
        let validator = try MessageValidator(revision: "2026-07-28")
        let response = JSONRPC.response(id: 1, result: encoded)
        #expect(validator.problems(in: response, sender: .server, answering: "server/discover") == [])
    }

    @Test("of discovery only the versions are needed")
    func sparseDiscovery() throws {
        let result = try DiscoverResult(
            result: RawJSON(validating: #"{"supportedVersions":[1,"a"],"ttlMs":-3,"serverInfo":{"name":"draft"}}"#))
        #expect(result.supportedVersions == ["a"])
        #expect(result.capabilities == .emptyObject)
        #expect(result.ttlMilliseconds == 0 && !result.isPublic)
        #expect(result.serverInfo.name == "draft")
        for text in ["[]", "{}", #"{"supportedVersions":"a"}"#, #"{"supportedVersions":[],"capabilities":1}"#] {
            let value = try RawJSON(validating: text)
            #expect(throws: MessageError.self) { try DiscoverResult(result: value) }
        }
    }
}
