/// The value of `Mcp-Session-Id`: visible ASCII, 0x21 to 0x7E (MCP 2025-11-25, Transports, "Session Management").
package struct SessionID: Hashable, Sendable, CustomStringConvertible {
    /// The longest id taken from a server, in bytes; the specification has no limit.
    package static let maxLength = 1024

    package let description: String

    /// - Returns: `nil` if `value` is empty, too long, or has another character in it.
    package init?(_ value: String) {
        guard 1...Self.maxLength ~= value.utf8.count, value.utf8.allSatisfy({ 0x21...0x7E ~= $0 }) else { return nil }
        description = value
    }
}
