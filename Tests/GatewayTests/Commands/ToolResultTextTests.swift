import MCPProtocol
import TestSupport
import Testing

@testable import Gateway

@Suite("What a call prints")
struct ToolResultTextTests {
    private func text(_ result: String, isForTerminal: Bool = false) throws -> ToolResultText {
        ToolResultText(try RawJSON(validating: result), isForTerminal: isForTerminal)
    }

    @Test(
        "text stands as it is, other content is described in a line",
        arguments: [
            (#"{"type":"text","text":"a\nb"}"#, "a\nb\n"),
            (#"{"type":"text","text":"a\n"}"#, "a\n"),
            (#"{"type":"image","data":"AAAA","mimeType":"image/png"}"#, "[image: image/png, 3 bytes]\n"),
            (#"{"type":"audio","data":"AA==","mimeType":"audio/wav"}"#, "[audio: audio/wav, 1 byte]\n"),
            (
                #"{"type":"resource_link","uri":"x://y","name":"n","mimeType":"t/p"}"#,
                "[resource link: x://y, n, t/p]\n"
            ),
            (#"{"type":"resource","resource":{"uri":"x://y","text":"äb"}}"#, "[resource: x://y, 3 bytes]\n"),
            (#"{"type":"resource","resource":{"uri":"x://y","blob":"AAA="}}"#, "[resource: x://y, 2 bytes]\n"),
            (#"{"type":"hologram"}"#, "[content of type \"hologram\"]\n"),
            (#"{"type":7}"#, "[content without a type]\n"),
            (#"{"type":"image"}"#, "[image]\n"),
        ])
    func blocks(block: String, expected: String) throws {
        #expect(try text(#"{"content":[\#(block)]}"#).text == expected)
    }

    @Test("each block begins a line")
    func several() throws {
        let result = #"{"content":[{"type":"text","text":"a"},{"type":"text","text":""},{"type":"text","text":"b"}]}"#
        #expect(try text(result).text == "a\nb\n")
    }

    @Test("structured content is shown where there is nothing else")
    func structured() throws {
        #expect(try text(#"{"content":[],"structuredContent":{"a":1.50}}"#).text == "{\n  \"a\": 1.50\n}\n")
        let both = #"{"content":[{"type":"text","text":"x"}],"structuredContent":{"a":1}}"#
        #expect(try text(both).text == "x\n")
        #expect(try text("{}").text.isEmpty)
    }

    @Test("an error is told, and a terminal is not commanded")
    func error() throws {
        let result = #"{"content":[{"type":"text","text":"\u001b[2J"}],"isError":true}"#
        #expect(try text(result).isError)
        #expect(try text(result).text == "\u{1B}[2J\n")
        #expect(try text(result, isForTerminal: true).text == "\\u{1b}[2J\n")
        #expect(try !text(#"{"isError":"true"}"#).isError)
    }

    @Test(
        "progress and log messages are one line each",
        arguments: [
            ("progress", #"{"progressToken":1,"progress":0.50,"total":2,"message":"a\nb"}"#, "[0.50/2] a b"),
            ("progress", #"{"progressToken":1,"progress":3}"#, "[3]"),
            ("progress", #"{"progressToken":1}"#, nil),
            ("message", #"{"level":"info","logger":"x","data":"\u001bz"}"#, "info: x: \\u{1b}z"),
            ("message", #"{"level":"error","data":{"a":1}}"#, #"error: {"a":1}"#),
            ("other", "{}", nil),
        ] as [(String, String, String?)])
    func notices(method: String, params: String, expected: String?) throws {
        let notification = JSONRPCNotification(
            method: "notifications/\(method)", params: try RawJSON(validating: params))
        #expect(CallNotice.line(notification) == expected)
    }

    @Test("arguments are an object, from the command line or a file")
    func arguments() throws {
        #expect(try CallArguments.read(nil).text == "{}")
        #expect(try CallArguments.read(#" {"a": 1.0} "#).text == #"{"a": 1.0}"#)
        let directory = try TemporaryDirectory()
        try directory.write("{\"b\":\n2}", to: "args.json")
        #expect(try CallArguments.read("@" + directory.path("args.json")).text == "{\"b\":\n2}")
    }

    @Test(
        "other arguments are refused with their place",
        arguments: [
            ("[1]", "the arguments must be a JSON object"), ("7", "the arguments must be a JSON object"),
            ("{\"a\":\n x}", "the arguments: not JSON at line 2, column 2"), ("", "the arguments: not JSON at line 1"),
            ("@/does/not/exist", "\"/does/not/exist\" cannot be read: No such file or directory"),
            ("@/", "\"/\" cannot be read: Is a directory"),
        ])
    func badArguments(operand: String, message: String) {
        let error = #expect(throws: UsageError.self) { try CallArguments.read(operand) }
        #expect(error?.message.hasPrefix(message) == true, "\(error?.message ?? "")")
    }
}
