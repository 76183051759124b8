import AsyncIO

/// The time a call may take: see `timeouts` in the configuration.
struct CallBudget: Sendable {
    /// Silence before the server's first sign of life.
    let call: Duration?
    /// Silence after it; every sign of life starts it anew.
    let idle: Duration?
    /// The whole.
    let max: Duration?

    init(_ timeouts: TimeoutConfiguration, override: ToolOverride.TimeoutOverride?) {
        call = override.map(\.duration) ?? timeouts.call
        idle = timeouts.idle
        max = timeouts.max
    }

    /// When to stop waiting, given what has been heard.
    func deadline(start: MonotonicInstant, lastSign: MonotonicInstant?) -> MonotonicInstant {
        let whole = hardEnd(start: start)
        if let lastSign { return min(whole, idle.map { lastSign + $0 } ?? .distantFuture) }
        return min(whole, call.map { start + $0 } ?? .distantFuture)
    }

    /// When the whole is over, whatever is heard.
    func hardEnd(start: MonotonicInstant) -> MonotonicInstant { max.map { start + $0 } ?? .distantFuture }

    /// Which budget ran out, and how it is put into words.
    func exceeded(
        start: MonotonicInstant, lastSign: MonotonicInstant?, now: MonotonicInstant
    ) -> (stage: String, words: String) {
        if let max, start + max <= now { return ("max", "no answer within \(max.inWords) (timeouts.max)") }
        if lastSign != nil, let idle { return ("idle", "silent for \(idle.inWords) (timeouts.idle)") }
        return ("call", "no answer within \(call?.inWords ?? "the time allowed") (timeouts.call)")
    }
}

extension Duration {
    /// As people write it: `30 s`, `250 ms`.
    var inWords: String {
        let milliseconds = clampedNanoseconds / 1_000_000
        return milliseconds % 1000 == 0 ? "\(milliseconds / 1000) s" : "\(milliseconds) ms"
    }
}
