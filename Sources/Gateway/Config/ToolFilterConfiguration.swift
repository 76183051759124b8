import Configuration

/// Which tools of a server are exposed, and under what name.
package struct ToolFilterConfiguration: Sendable, Equatable {
    /// A tool is exposed when one of these matches its original name…
    package var allow: [NamePattern]

    /// …and none of these does.
    package var deny: [NamePattern]

    /// By original tool name.
    package var overrides: [String: ToolOverride]

    package init(
        allow: [NamePattern] = [.everything], deny: [NamePattern] = [], overrides: [String: ToolOverride] = [:]
    ) {
        self.allow = allow
        self.deny = deny
        self.overrides = overrides
    }

    /// Whether the tool the server calls `name` may be seen and called.
    package func exposes(_ name: String) -> Bool {
        allow.contains { $0.matches(name) } && !deny.contains { $0.matches(name) }
    }
}
