import AsyncIO
import MCPProtocol

/// Reads a model's streamed answer from bytes cut anywhere, with the liberties that servers take.
///
/// Accepts CRLF and LF, comments, events without a blank line behind the last, a stream without `[DONE]`, chunks
/// without choices or delta, usage in any chunk, and one plain JSON body in place of a stream.
struct LLMReplyReader: Sendable {
    /// The whole answer, and one line of it.
    static let maxBytes = 16 << 20
    static let maxLineBytes = 8 << 20

    private enum Form { case unknown, events, document }

    private var form = Form.unknown
    private var parser = SSEParser(maxEventBytes: Self.maxLineBytes)
    /// A document, or the white space before anything.
    private var document: [UInt8] = []
    private var received = 0
    private var calls = ToolCallAssembler()
    private var reply = LLMReply()
    private var hasTerminator = false
    private var hasChunk = false

    /// Whether `[DONE]` has come: nothing after it counts.
    private(set) var isDone = false

    /// Takes bytes of the body.
    ///
    /// - Returns: what may be passed on, in order.
    mutating func feed(_ bytes: [UInt8]) throws(LLMFailure) -> [LLMPiece] {
        received += bytes.count
        guard received <= Self.maxBytes else {
            throw LLMFailure(
                .tooLarge(limit: Self.maxBytes), "the model's answer is longer than \(Self.maxBytes) bytes")
        }
        switch form {
        case .document:
            document += bytes
            return []
        case .events: return try parse(bytes[...])
        case .unknown:
            document += bytes
            guard let first = document.first(where: { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }) else { return [] }
            if first == UInt8(ascii: "{") || first == UInt8(ascii: "[") {
                form = .document
                return []
            }
            form = .events
            let pending = document
            document = []
            return try parse(pending[...])
        }
    }

    private mutating func parse(_ bytes: ArraySlice<UInt8>) throws(LLMFailure) -> [LLMPiece] {
        var rest = bytes
        var pieces: [LLMPiece] = []
        do {
            while !isDone, let event = try parser.parse(&rest) {
                if event.data.isEmpty { continue }
                if event.data.elementsEqual("[DONE]".utf8) {
                    isDone = true
                    hasTerminator = true
                } else {
                    try take(chunk: event.data, isError: event.event == "error", into: &pieces)
                }
            }
        } catch let failure as LLMFailure {
            throw failure
        } catch {
            throw LLMFailure(.tooLarge(limit: Self.maxLineBytes), "\(error)")
        }
        return pieces
    }

    /// The body has ended.
    ///
    /// - Returns: what may still be passed on, and the answer.
    /// - Throws: `.interrupted` if the answer stops in the middle, `.unusable` if there is none.
    mutating func finish() throws(LLMFailure) -> ([LLMPiece], LLMReply) {
        var pieces: [LLMPiece] = []
        switch form {
        case .document:
            try take(chunk: document, isError: false, into: &pieces)
            hasTerminator = true
        case .events:
            if !isDone { pieces = try parse(Array("\n\n".utf8)[...]) }
        case .unknown: break
        }
        guard hasChunk else { throw LLMFailure(.unusable, "the model's server answered with an empty body") }
        reply.toolCalls = calls.finish()
        guard hasTerminator || reply.finishReason != nil else {
            throw LLMFailure(.interrupted, "the model's answer broke off")
        }
        guard !reply.text.isEmpty || !reply.toolCalls.isEmpty || reply.finishReason != nil else {
            throw LLMFailure(.unusable, "the model's answer has neither text nor tool calls")
        }
        return (pieces, reply)
    }

    // MARK: One chunk

    private mutating func take(
        chunk: [UInt8], isError: Bool, into pieces: inout [LLMPiece]
    ) throws(LLMFailure) {
        let value: RawJSON
        do throws(JSONError) {
            value = try RawJSON(validating: chunk)
        } catch {
            if isError {
                throw LLMFailure(.status(502), String(decoding: chunk.prefix(500), as: UTF8.self))
            }
            throw LLMFailure(.unusable, "the model's server sent what is not JSON: \(error)")
        }
        if let error = value.member("error"), !error.isNull { throw LLMErrorBody.failure(error, status: nil) }
        if isError { throw LLMErrorBody.failure(value, status: nil) }
        hasChunk = true
        let (choices, usage) = value.members("choices", "usage")
        if let usage = usage.flatMap(LLMUsage.init) { reply.usage = usage }
        // Only one choice was asked for.
        guard let choice = choices?.element(0) else { return }
        let (delta, message, reason) = choice.members("delta", "message", "finish_reason")
        if let reason = reason?.stringValue, !reason.isEmpty { reply.finishReason = reason }
        guard let delta = delta?.kind == .object ? delta : message, delta.kind == .object else { return }
        try take(delta, into: &pieces)
    }

    private mutating func take(_ delta: RawJSON, into pieces: inout [LLMPiece]) throws(LLMFailure) {
        var toolCalls: RawJSON?
        var functionCall: RawJSON?
        delta.forEachMember { key, value in
            if key == "content" || key == "refusal" {
                if value.kind == .array {
                    // Some servers answer with content parts.
                    for part in value.elements { if let text = part.member("text") { add(text, to: &pieces) } }
                } else {
                    add(value, to: &pieces)
                }
            } else if key == "reasoning_content" || key == "reasoning" {
                if value.kind == .string, !value.isString("") { pieces.append(.reasoning(value.detached())) }
            } else if key == "tool_calls" {
                toolCalls = value
            } else if key == "function_call" {
                functionCall = value
            } else if key == "custom_content" {
                reply.attachments += (value.member("attachments")?.elements ?? []).map { $0.detached() }
            }
            return true
        }
        if let toolCalls { try calls.add(toolCalls) }
        if let functionCall { try calls.addFunctionCall(functionCall) }
    }

    private mutating func add(_ text: RawJSON, to pieces: inout [LLMPiece]) {
        guard text.kind == .string, !text.isString("") else { return }
        reply.text.append(text)
        pieces.append(.text(text.detached()))
    }
}
