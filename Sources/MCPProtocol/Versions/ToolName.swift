/// A tool's name that keeps to the rules: 1 to 128 of `A-Z a-z 0-9 _ - .` (MCP 2025-11-25, Tools, "Tool Names").
///
/// Servers exist that do not keep to them; a name read from one is a plain `String` until it is made into this.
package struct ToolName: Hashable, Sendable, CustomStringConvertible {
    package static let maxLength = 128

    /// The longest name that model APIs and conformance tests take.
    package static let maxExposedLength = 64

    package let description: String

    /// - Returns: `nil` if `name` breaks the rules.
    package init?(_ name: String) {
        guard 1...Self.maxLength ~= name.utf8.count, name.utf8.allSatisfy(Self.isAllowed) else { return nil }
        description = name
    }

    /// Whether the name may be shown to every client and model: at most ``maxExposedLength`` long and without a dot,
    /// which several model APIs refuse.
    package var isExposable: Bool {
        description.utf8.count <= Self.maxExposedLength && !description.utf8.contains(UInt8(ascii: "."))
    }

    /// Whether `byte` may stand in a name.
    package static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}
