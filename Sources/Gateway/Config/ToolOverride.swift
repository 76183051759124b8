import Configuration

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

    package typealias TimeoutOverride = ConfiguredTimeout
}
