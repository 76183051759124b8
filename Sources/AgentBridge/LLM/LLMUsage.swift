import MCPProtocol

/// Tokens, as a model's server counts them.
struct LLMUsage: Sendable, Equatable {
    var promptTokens = 0
    var completionTokens = 0
    var cachedTokens = 0

    var totalTokens: Int { promptTokens.addingClamped(completionTokens) }

    init() {}

    /// - Returns: `nil` for `null` and whatever else is no object.
    init?(_ value: RawJSON) {
        guard value.kind == .object else { return nil }
        func count(_ value: RawJSON?) -> Int { Int(clamping: max(0, value?.intValue ?? 0)) }
        let (prompt, completion, details) = value.members(
            "prompt_tokens", "completion_tokens", "prompt_tokens_details")
        promptTokens = count(prompt)
        completionTokens = count(completion)
        cachedTokens = count(details?.member("cached_tokens"))
    }

    static func += (left: inout LLMUsage, right: LLMUsage) {
        // Servers invent numbers; a sum must not trap on them.
        left.promptTokens = left.promptTokens.addingClamped(right.promptTokens)
        left.completionTokens = left.completionTokens.addingClamped(right.completionTokens)
        left.cachedTokens = left.cachedTokens.addingClamped(right.cachedTokens)
    }

    static func -= (left: inout LLMUsage, right: LLMUsage) {
        left.promptTokens = max(0, left.promptTokens - right.promptTokens)
        left.completionTokens = max(0, left.completionTokens - right.completionTokens)
        left.cachedTokens = max(0, left.cachedTokens - right.cachedTokens)
    }

    func encode(into writer: inout JSONWriter) {
        writer.beginObject()
        encodeCounts(into: &writer)
        writer.key("prompt_tokens_details")
        writer.beginObject()
        writer.key("cached_tokens")
        writer.integer(cachedTokens)
        writer.endObject()
        writer.endObject()
    }

    /// The three counts, as members of an object that is open.
    func encodeCounts(into writer: inout JSONWriter) {
        writer.key("prompt_tokens")
        writer.integer(promptTokens)
        writer.key("completion_tokens")
        writer.integer(completionTokens)
        writer.key("total_tokens")
        writer.integer(totalTokens)
    }
}

extension Int {
    func addingClamped(_ other: Int) -> Int {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }
}
