/// A timeout that was written down, which may be none at all.
package enum ConfiguredTimeout: Sendable, Equatable {
    case off
    case after(Duration)

    /// `nil` when off.
    package var duration: Duration? {
        switch self {
        case .off: nil
        case .after(let duration): duration
        }
    }
}
