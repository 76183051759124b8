import Configuration

extension PoolConfiguration {
    static let settings: [Setting<PoolConfiguration>] = [
        .choice("share", \.share),
        .count("max", \.max, 1...10_000),
        .duration("idle", \.idle),
    ]
}
