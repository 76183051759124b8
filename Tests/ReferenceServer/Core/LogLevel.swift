/// Severity of a log notification, lowest first (RFC 5424, section 6.2.1).
enum LogLevel: String, Comparable, CaseIterable, Sendable {
    case debug, info, notice, warning, error, critical, alert, emergency

    /// All of them, for messages.
    static let words = allCases.map(\.rawValue).joined(separator: ", ")

    private var severity: Int { Self.allCases.firstIndex(of: self) ?? 0 }

    static func < (left: Self, right: Self) -> Bool { left.severity < right.severity }
}
