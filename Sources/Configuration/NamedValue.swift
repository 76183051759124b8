/// A header or an environment variable.
package struct NamedValue: Sendable, Hashable {
    package var name: String

    /// The expanded value; may be or contain a secret.
    package var value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}
