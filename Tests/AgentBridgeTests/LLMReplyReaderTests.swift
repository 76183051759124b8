import MCPProtocol
import TestSupport
import Testing

@testable import AgentBridge

@Suite("Reading a model's answer")
struct LLMReplyReaderTests {
    /// The text passed on, and the answer, of a body cut into pieces of `size`.
    static func read(_ body: String, by size: Int = .max) throws -> (text: String, reply: LLMReply) {
        var reader = LLMReplyReader()
        var pieces: [LLMPiece] = []
        let bytes = Array(body.utf8)
        var start = 0
        while start < bytes.count {
            let end = size == .max ? bytes.count : min(start + size, bytes.count)
            pieces += try reader.feed(Array(bytes[start..<end]))
            start = end
        }
        let (rest, reply) = try reader.finish()
        pieces += rest
        let text = pieces.compactMap { piece in
            if case .text(let value) = piece { value.stringValue } else { nil }
        }
        return (text.joined(), reply)
    }

    static func chunk(_ delta: String, finish: String = "null") -> String {
        "data: {\"choices\":[{\"index\":0,\"delta\":\(delta),\"finish_reason\":\(finish)}]}\n\n"
    }

    private static let story =
        chunk(#"{"role":"assistant","content":""}"#) + chunk(#"{"content":"Grüße "}"#)
        + chunk(#"{"content":"\ud83d\ude00 \"x\""}"#)
        + chunk(#"{"tool_calls":[{"index":0,"id":"a","type":"function","function":{"name":"f","arguments":""}}]}"#)
        + chunk(#"{"tool_calls":[{"index":0,"function":{"arguments":"{\"x\":"}}]}"#)
        + chunk(#"{"tool_calls":[{"index":0,"function":{"arguments":"1}"}}]}"#)
        + chunk("{}", finish: "\"tool_calls\"")
        + "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3}}\n\ndata: [DONE]\n\n"

    @Test("an answer is the same however its bytes are cut", arguments: [1, 2, 3, 7, 64, 4096])
    func cuts(size: Int) throws {
        let (text, reply) = try Self.read(Self.story, by: size)
        #expect(text == "Grüße \u{1F600} \"x\"")
        #expect(reply.text.string == text)
        #expect(reply.toolCalls == [ToolCall(id: "a", name: "f", arguments: #"{"x":1}"#)])
        #expect(reply.usage?.promptTokens == 7 && reply.finishReason == "tool_calls")
    }

    @Test("line ends, spaces and comments do not matter", arguments: [1, 5, 4096])
    func lineEnds(size: Int) throws {
        let body = (": ping\n\n" + Self.story).replacing("\n", with: "\r\n").replacing("data: ", with: "data:")
        #expect(try Self.read(body, by: size).reply == Self.read(Self.story).reply)
    }

    @Test("neither [DONE] nor a blank line at the end is needed")
    func unterminated() throws {
        let body = Self.chunk(#"{"content":"x"}"#) + "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}"
        #expect(try Self.read(body).reply.text.string == "x")
    }

    @Test("text without any end has broken off")
    func interrupted() {
        #expect(throws: LLMFailure(.interrupted, "the model's answer broke off")) {
            try Self.read(Self.chunk(#"{"content":"x"}"#))
        }
    }

    @Test("an empty body is no answer", arguments: ["", "\n\n", ": ping\n\n"])
    func empty(body: String) {
        #expect { try Self.read(body) } throws: { ($0 as? LLMFailure)?.kind == .unusable }
    }

    @Test(
        "an error in place of an answer is that error",
        arguments: [
            "data: {\"error\":{\"message\":\"no\",\"code\":\"429\"}}\n\n",
            "event: error\ndata: {\"message\":\"no\",\"code\":429}\n\n",
            "{\"error\":{\"message\":\"no\",\"code\":\"429\"}}",
        ])
    func errors(body: String) {
        #expect {
            try Self.read(body)
        } throws: { error in
            let failure = error as? LLMFailure
            return failure?.kind == .status(429) && failure?.detail == "no"
        }
    }

    @Test("reasoning and refusals are told apart from text")
    func reasoning() throws {
        var reader = LLMReplyReader()
        let pieces = try reader.feed(
            Array((Self.chunk(#"{"reasoning_content":"hm"}"#) + Self.chunk(#"{"refusal":"no"}"#)).utf8))
        #expect(pieces.count == 2)
        #expect(pieces.first == .reasoning(RawJSON(unchecked: Array(#""hm""#.utf8)[...])))
    }

    @Test("random bytes and mutations never trap, and answer or fail")
    func mutations() {
        var generator = SeededGenerator(seed: 42)
        let story = Array(Self.story.utf8)
        for _ in 0..<2000 {
            var bytes = story
            for _ in 0..<Int.random(in: 1...8, using: &generator) {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: bytes[place] = UInt8.random(in: .min ... .max, using: &generator)
                case 1: bytes.remove(at: place)
                default: bytes.insert(UInt8.random(in: .min ... .max, using: &generator), at: place)
                }
            }
            var reader = LLMReplyReader()
            do {
                _ = try reader.feed(bytes)
                _ = try reader.finish()
            } catch {
                #expect(!error.detail.isEmpty)
            }
        }
    }
}
