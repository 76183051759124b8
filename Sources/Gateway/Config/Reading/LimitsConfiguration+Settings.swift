import Configuration

extension LimitsConfiguration {
    /// The ranges refuse what could only be a mistake: a gateway that takes no connection, a buffer larger than the
    /// memory of any machine.
    static let settings: [Setting<LimitsConfiguration>] = [
        .count("maxConnections", \.maxConnections, 1...1_000_000),
        .size("maxHeaderBytes", \.maxHeaderBytes, 1 << 10...16 << 20),
        .size("maxBodyBytes", \.maxBodyBytes, 1 << 10...1 << 30),
        .duration("headerTimeout", \.headerTimeout),
        .duration("bodyTimeout", \.bodyTimeout),
        .duration("idleTimeout", \.idleTimeout),
        .duration("writeTimeout", \.writeTimeout),
        .count("maxJSONDepth", \.maxJSONDepth, 8...1024),
        .size("maxMessageBytes", \.maxMessageBytes, 1 << 10...1 << 30),
        .size("maxResultBytes", \.maxResultBytes, 1 << 10...1 << 40),
        .count("maxInFlight", \.maxInFlight, 1...10_000_000),
        .count("maxInFlightPerServer", \.maxInFlightPerServer, 1...10_000_000),
        .count("maxSessions", \.maxSessions, 1...10_000_000),
        .duration("sessionIdle", \.sessionIdle),
        .count("maxAffinities", \.maxAffinities, 1...1_000_000),
        .duration("affinityIdle", \.affinityIdle),
        .size("maxStreamBacklogBytes", \.maxStreamBacklogBytes, 1 << 10...1 << 30),
        .duration("streamKeepAlive", \.streamKeepAlive, .seconds(1)...QuantityText.maxDuration),
        .size("maxReplayBytes", \.maxReplayBytes, 0...64 << 20),
        .duration("replayWindow", \.replayWindow),
        .duration("pollAfter", \.pollAfter, .milliseconds(100)...QuantityText.maxDuration),
        .boundedDuration("pollRetry", \.pollRetry, .milliseconds(1) ... .seconds(600)),
        .count("maxSubscriptions", \.maxSubscriptions, 1...1_000_000),
        .size("maxInstructionsBytes", \.maxInstructionsBytes, 1 << 10...1 << 20),
        .duration("questionTimeout", \.questionTimeout, .milliseconds(100)...QuantityText.maxDuration),
        .count("maxParkedCalls", \.maxParkedCalls, 0...1_000_000),
        .count("maxParkedCallsPerClient", \.maxParkedCallsPerClient, 0...1_000_000),
        .duration("parkTimeout", \.parkTimeout, .milliseconds(100)...QuantityText.maxDuration),
        .boundedDuration("parkGrace", \.parkGrace, .zero ... .seconds(3600)),
        .boundedDuration("visitTimeout", \.visitTimeout, .zero ... .seconds(3600)),
        .count("maxTasks", \.maxTasks, 1...1_000_000),
        .count("maxTasksPerClient", \.maxTasksPerClient, 1...1_000_000),
        .boundedDuration("taskLifetime", \.taskLifetime, .seconds(1)...QuantityText.maxDuration),
        .size("maxStderrBytes", \.maxStderrBytes, 0...64 << 20),
        .boundedDuration("stopTimeout", \.stopTimeout, .zero ... .seconds(600)),
        .duration("drainTimeout", \.drainTimeout, .zero...QuantityText.maxDuration),
    ]
}
