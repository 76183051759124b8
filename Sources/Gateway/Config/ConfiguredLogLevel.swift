/// How much is logged.
package enum ConfiguredLogLevel: String, Sendable, CaseIterable {
    case trace, debug, info, warning, error, off
}
