import AsyncIO
import MCPProtocol

/// Error bodies of model servers: `{"error":{…}}`, `{"error":"…"}`, `{"message":…}`, or something else.
enum LLMErrorBody {
    /// - Parameters:
    ///   - error: the value of `error`.
    ///   - status: the HTTP status it came with; `nil` inside an answer of 200, where the body may name one.
    static func failure(_ error: RawJSON, status: Int?) -> LLMFailure {
        var status = status
        let code = error.member("code")
        if status == nil {
            let named = error.member("status")?.intValue ?? code?.intValue ?? code?.stringValue.flatMap { Int64($0) }
            status = named.flatMap { (400..<600).contains($0) ? Int($0) : nil }
        }
        let message = error.stringValue ?? error.member("message")?.stringValue ?? "error without a message"
        var failure = LLMFailure(.status(status ?? 502), String(message.prefix(2000)))
        failure.code = code?.stringValue ?? code?.intValue.map(String.init)
        failure.type = error.member("type")?.stringValue
        failure.param = error.member("param")?.stringValue
        if isTooLong(failure) { failure.code = "context_length_exceeded" }
        failure.displayMessage = error.member("display_message")?.stringValue.map { String($0.prefix(500)) }
        return failure
    }

    /// What servers and proxies say about a conversation that is too long and do not give a code of its own.
    private static let tooLongPhrases = [
        "maximum context length", "model's context length", "available context size", "contextwindowexceedederror",
    ]

    /// Whether the conversation is longer than the model's context. OpenAI has a code for it; vLLM, llama.cpp and LiteLLM
    /// answer with the code 400 and say it in the type or in words.
    private static func isTooLong(_ failure: LLMFailure) -> Bool {
        guard case .status(let status) = failure.kind, [400, 413, 422].contains(status) else { return false }
        if failure.type == "exceed_context_size_error" { return true }
        let message = failure.detail.lowercased()
        return tooLongPhrases.contains { message.contains($0) }
    }

    /// - Parameter now: the wall clock, in seconds since 1970.
    static func failure(status: Int, headers: HTTPHeaders, body: [UInt8], now: Int) -> LLMFailure {
        var failure: LLMFailure
        do throws(JSONError) {
            let value = try RawJSON(validating: body)
            if let error = value.member("error"), !error.isNull {
                failure = self.failure(error, status: status)
            } else if value.kind == .object {
                failure = self.failure(value, status: status)
            } else {
                failure = LLMFailure(.status(status), value.text)
            }
        } catch {
            let text = String(decoding: body.prefix(300), as: UTF8.self)
                .split(whereSeparator: \.isWhitespace).joined(separator: " ")
            failure = LLMFailure(.status(status), text.isEmpty ? "HTTP status \(status)" : text)
        }
        failure.retryAfter = RetryPolicy.retryAfter(headers, now: now)
        switch headers.first("x-should-retry")?.lowercased() {
        case "true": failure.shouldRetry = true
        case "false": failure.shouldRetry = false
        default: break
        }
        return failure
    }
}
