/// One header field, as text. Bytes that are not UTF-8 appear as U+FFFD.
package struct HTTPField: Hashable, Sendable {
    /// As it was sent: compare without regard to case.
    package let name: String
    /// Without the white space around it.
    package let value: String

    package init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}
