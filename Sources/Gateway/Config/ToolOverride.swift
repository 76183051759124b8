/// What is changed of one tool; `nil` leaves a property as the server has it.
package struct ToolOverride: Sendable, Equatable {
    /// The name after the server's prefix.
    package var name: String?
    package var description: String?

    /// Replaces the server's `call` timeout.
    package var timeout: TimeoutOverride?

    package init(name: String? = nil, description: String? = nil, timeout: TimeoutOverride? = nil) {
        self.name = name
        self.description = description
        self.timeout = timeout
    }

    /// A timeout that was written down, which may be none at all.
    package enum TimeoutOverride: Sendable, Equatable {
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
}
