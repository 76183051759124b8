/// The log levels clients have asked for. A session that several share gets the most verbose of them; each client's own
/// is applied to what it is sent.
struct LogLevelTable {
    private var levels: [ObjectIdentifier: LoggingLevel] = [:]

    mutating func set(_ level: LoggingLevel, for session: FrontSession) { levels[ObjectIdentifier(session)] = level }

    /// - Returns: whether there was one.
    mutating func remove(_ session: FrontSession) -> Bool { levels.removeValue(forKey: ObjectIdentifier(session)) != nil }

    /// `nil` while nobody has asked for one: servers then decide themselves.
    var mostVerbose: LoggingLevel? { levels.values.min() }
}
