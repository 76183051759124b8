/// How exposed names are made: prefix, separator, original name.
package struct NamingConfiguration: Sendable, Equatable {
    package var separator: String

    /// In characters; a longer name is shortened with a hash of the whole.
    package var maxLength: Int

    package var prefix: PrefixUse

    package init(separator: String = "__", maxLength: Int = 64, prefix: PrefixUse = .auto) {
        self.separator = separator
        self.maxLength = maxLength
        self.prefix = prefix
    }

    /// When names carry a prefix.
    package enum PrefixUse: String, Sendable, CaseIterable {
        /// As soon as more than one server is configured.
        case auto

        /// Also with a single server, so that adding a second one renames nothing.
        case always
    }
}
