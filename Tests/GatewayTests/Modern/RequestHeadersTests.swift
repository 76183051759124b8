import AsyncIO
import MCPProtocol
import Testing

@testable import Gateway

@Suite("Headers that repeat the body")
struct RequestHeadersTests {
    private static let version = "2026-07-28"

    private func headers(_ fields: [String]) throws -> HTTPHeaders {
        let text = "POST /mcp HTTP/1.1\r\nHost: a\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n"
        var parser = HTTPRequestParser()
        var input = Array(text.utf8)[...]
        guard case .head(let head) = try parser.parse(&input) else { throw SystemErrorText("no head in \(text)") }
        return head.headers
    }

    /// What is wrong with these headers of a request; `nil` when nothing is.
    private func problem(
        _ fields: [String], method: String = "tools/call", params: String = #"{"name":"echo"}"#
    ) throws -> JSONRPCError? {
        let meta =
            #""_meta":{"io.modelcontextprotocol/protocolVersion":"\#(Self.version)","#
            + #""io.modelcontextprotocol/clientCapabilities":{}}"#
        let rest = params.dropFirst()
        let text = "{\(meta)\(rest == "}" ? "" : ",")\(rest)"
        let request = JSONRPCRequest(id: 1, method: method, params: try RawJSON(validating: Array(text.utf8)))
        let (headers, members) = (try headers(fields), RequestMembers(request.params))
        let described = try RequestMeta(members)
        do throws(JSONRPCError) {
            try RequestHeaders.check(headers, against: request, members, described)
        } catch {
            return error
        }
        return nil
    }

    private static let good = ["MCP-Protocol-Version: 2026-07-28", "Mcp-Method: tools/call", "Mcp-Name: echo"]

    @Test(
        "names in any case and white space around values do not matter",
        arguments: [
            good,
            ["mcp-protocol-version:2026-07-28", "MCP-METHOD:  tools/call \t", "mCp-nAmE:\techo"],
        ])
    func right(fields: [String]) throws { #expect(try problem(fields) == nil) }

    @Test("each of them must be there, once, and say exactly the same", arguments: 0..<3)
    func wrong(index: Int) throws {
        let field = Self.good[index]
        let name = try #require(field.split(separator: ":").first)
        let others = Self.good.enumerated().filter { $0.offset != index }.map(\.element)
        let variants = [
            [], [field, field], ["\(name): else"], ["\(name):"], [field.uppercased()], ["\(field), \(field)"],
            [field + "x"],
        ]
        for variant in variants where variant != [field] {
            // A version has no letters to be in another case.
            if index == 0, variant == [field.uppercased()] { continue }
            let found = try #require(try problem(others + variant), "\(variant)")
            #expect(found.code == ErrorCode.headerMismatch)
            #expect(found.message.contains(name), "\(found.message)")
        }
    }

    @Test("the name is that of the tool, the prompt, or the resource")
    func names() throws {
        func fields(_ method: String, _ name: String?) -> [String] {
            ["MCP-Protocol-Version: 2026-07-28", "Mcp-Method: \(method)"] + (name.map { ["Mcp-Name: \($0)"] } ?? [])
        }
        #expect(try problem(fields("prompts/get", "p"), method: "prompts/get", params: #"{"name":"p"}"#) == nil)
        #expect(
            try problem(fields("resources/read", "test://a"), method: "resources/read", params: #"{"uri":"test://a"}"#)
                == nil)
        #expect(
            try problem(fields("resources/read", "n"), method: "resources/read", params: #"{"uri":"u","name":"n"}"#)?
                .code
                == ErrorCode.headerMismatch)
        // Others have none to repeat, and what they send is not looked at.
        #expect(try problem(fields("tools/list", nil), method: "tools/list", params: "{}") == nil)
        #expect(try problem(fields("tools/list", "x"), method: "tools/list", params: "{}") == nil)
        // A body without a name is judged as such, elsewhere.
        #expect(try problem(fields("tools/call", nil), params: "{}") == nil)
        #expect(try problem(fields("tools/call", "7"), params: #"{"name":7}"#) == nil)
    }

    @Test("the name of a task may be missing, as published clients leave it out, but not be another one")
    func tasks() throws {
        for method in ["tasks/get", "tasks/update", "tasks/cancel"] {
            func problem(_ names: [String]) throws -> JSONRPCError? {
                try self.problem(
                    ["MCP-Protocol-Version: 2026-07-28", "Mcp-Method: \(method)"] + names.map { "Mcp-Name: \($0)" },
                    method: method, params: #"{"taskId":"t-1"}"#)
            }
            #expect(try problem(["t-1"]) == nil)
            #expect(try problem([]) == nil)
            for wrong in [["t-2"], [""], ["t-1", "t-1"]] {
                #expect(try problem(wrong)?.code == ErrorCode.headerMismatch, "\(method) \(wrong)")
            }
        }
    }

    @Test("a name that no header can say is Base64 between marks, in the one canonical form")
    func base64() throws {
        func problem(_ header: String, _ name: String) throws -> JSONRPCError? {
            try self.problem(Self.good.dropLast() + ["Mcp-Name: \(header)"], params: #"{"name":"\#(name)"}"#)
        }
        #expect(try problem("=?base64?w6R0w7w=?=", "ätü") == nil)
        #expect(try problem("=?base64?ZWNobw==?=", "echo") == nil)
        #expect(try problem("=?base64??=", "") == nil)
        #expect(try problem("", "") == nil)
        // Not marked on both sides, or in another case: as it stands.
        #expect(try problem("=?base64?ZWNobw==", "=?base64?ZWNobw==") == nil)
        #expect(try problem("=?BASE64?ZWNobw==?=", "=?BASE64?ZWNobw==?=") == nil)
        for bad in [
            "ZWNobw", "ZWNobw=", "ZWNobx==", "ZWNo bw==", "ZWNobw==x", "ZWNo-w==", "ZWNobw===", "=", "gA==",
        ] {
            #expect(try problem("=?base64?\(bad)?=", "echo")?.code == ErrorCode.headerMismatch, "\(bad)")
        }
        // What looks marked must be meant so.
        #expect(try problem("=?base64?ZWNobw==?=", "=?base64?ZWNobw==?=")?.code == ErrorCode.headerMismatch)
        // Composed and decomposed are two texts, although Swift's strings compare equal.
        #expect(try problem("=?base64?w6Q=?=", "a\u{308}")?.code == ErrorCode.headerMismatch)
    }

    // MARK: Arguments

    private static let schema = #"""
        {"name":"t","inputSchema":{"type":"object","properties":{
          "region":{"type":"string","x-mcp-header":"Region"},
          "count":{"type":"integer","x-mcp-header":"Count"},
          "deep":{"type":"object","properties":{"dry":{"type":"boolean","x-mcp-header":"Dry-Run"}}}}}}
        """#

    private func problem(_ fields: [String], arguments: String?) throws -> JSONRPCError? {
        let declared = try #require(ParameterHeaders(ofTool: try RawJSON(validating: Array(Self.schema.utf8))))
        let arguments = try arguments.map { try RawJSON(validating: Array($0.utf8)) }
        let headers = try headers(fields)
        do throws(JSONRPCError) {
            try RequestHeaders.check(headers, against: arguments, declared: declared)
        } catch {
            return error
        }
        return nil
    }

    @Test(
        "arguments are repeated as text, integers as numbers",
        arguments: [
            ([], nil), ([], "{}"), ([], #"{"region":null,"deep":{}}"#),
            (["Mcp-Param-Region: eu"], #"{"region":"eu"}"#), (["mcp-param-region: eu "], #"{"region":"eu"}"#),
            (["Mcp-Param-Region:"], #"{"region":""}"#), (["Mcp-Param-Region: =?base64?w6Q=?="], #"{"region":"ä"}"#),
            (["Mcp-Param-Count: 42"], #"{"count":42}"#), (["Mcp-Param-Count: 42.0"], #"{"count":42}"#),
            (["Mcp-Param-Count: 42"], #"{"count":4.2e1}"#), (["Mcp-Param-Count: -7"], #"{"count":-7}"#),
            (["Mcp-Param-Count: 9007199254740991"], #"{"count":9007199254740991}"#),
            (["Mcp-Param-Dry-Run: true"], #"{"deep":{"dry":true}}"#),
            // Of another type than the schema says: the server's to judge.
            ([], #"{"count":"many","region":5}"#),
        ] as [([String], String?)])
    func rightArguments(fields: [String], arguments: String?) throws {
        #expect(try problem(fields, arguments: arguments) == nil)
    }

    @Test(
        "a header that differs from its argument, or has none, is refused",
        arguments: [
            ([], #"{"region":"eu"}"#), (["Mcp-Param-Region: eu"], nil), (["Mcp-Param-Region: eu"], #"{"region":null}"#),
            (["Mcp-Param-Region: EU"], #"{"region":"eu"}"#),
            (["Mcp-Param-Region: eu", "Mcp-Param-Region: eu"], #"{"region":"eu"}"#),
            (["Mcp-Param-Region: =?base64?ZXU?="], #"{"region":"eu"}"#), (["Mcp-Param-Count: 42x"], #"{"count":42}"#),
            (["Mcp-Param-Count: 43"], #"{"count":42}"#), (["Mcp-Param-Count: nan"], #"{"count":42}"#),
            (["Mcp-Param-Count: 0x2a"], #"{"count":42}"#), (["Mcp-Param-Count:"], #"{"count":0}"#),
            (["Mcp-Param-Dry-Run: True"], #"{"deep":{"dry":true}}"#),
            (["Mcp-Param-Dry-Run: 1"], #"{"deep":{"dry":true}}"#), (["Mcp-Param-Dry-Run: true"], #"{"deep":7}"#),
        ] as [([String], String?)])
    func wrongArguments(fields: [String], arguments: String?) throws {
        let found = try #require(try problem(fields, arguments: arguments))
        #expect(found.code == ErrorCode.headerMismatch)
        #expect(found.message.contains("Mcp-Param-"))
    }
}
