import AsyncIO

/// When and how soon a failed call to a model is tried again.
struct RetryPolicy: Sendable {
    /// Attempts after the first.
    var retries = 2

    /// A server that wants to be left alone for longer is not waited for.
    static let maxRetryAfter = Duration.seconds(60)
    private static let firstWait = Duration.milliseconds(500)
    private static let longestWait = Duration.seconds(8)

    /// - Parameters:
    ///   - attempt: the one that failed, from 0.
    ///   - jitter: 0 to 1: how much of the variable part is taken off.
    /// - Returns: how long to wait; `nil`: give up.
    func wait(after failure: LLMFailure, attempt: Int, jitter: Double = .random(in: 0...1)) -> Duration? {
        guard attempt < retries, failure.isWorthRetrying else { return nil }
        if let wish = failure.retryAfter, wish > .zero { return wish <= Self.maxRetryAfter ? wish : nil }
        let doubled = Self.firstWait * Double(1 << min(attempt, 10))
        return min(doubled, Self.longestWait) * (1 - 0.25 * jitter)
    }

    /// What the headers of a refusal ask for: `retry-after-ms`, else `Retry-After` in seconds or as a date.
    static func retryAfter(_ headers: HTTPHeaders, now: Int) -> Duration? {
        if let text = headers.first("retry-after-ms"), let value = Double(text), value.isFinite, value >= 0 {
            return .milliseconds(Int(min(value, 1e12)))
        }
        guard let text = headers.first("Retry-After") else { return nil }
        if let value = Double(text) {
            return value.isFinite && value >= 0 ? .milliseconds(Int(min(value, 1e9) * 1000)) : nil
        }
        return HTTPDateText.secondsSince1970(text).map { .seconds(max(0, $0 - now)) }
    }
}
