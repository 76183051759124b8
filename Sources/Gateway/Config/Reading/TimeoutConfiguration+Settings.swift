import Configuration

extension TimeoutConfiguration {
    /// Zero would fail every call and is refused; "off" is no limit.
    static let range: ClosedRange<Duration> = .milliseconds(1)...QuantityText.maxDuration

    static let settings: [Setting<TimeoutConfiguration>] = [
        .duration("connect", \.connect, range),
        .duration("list", \.list, range),
        .duration("call", \.call, range),
        .duration("idle", \.idle, range),
        .duration("max", \.max, range),
    ]
}
