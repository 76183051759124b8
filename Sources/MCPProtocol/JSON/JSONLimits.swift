/// Bounds on a JSON text, checked while it is validated.
package struct JSONLimits: Hashable, Sendable {
    /// The longest text accepted, in bytes, surrounding white space included.
    package var maxBytes: Int

    /// The deepest nesting of arrays and objects accepted: `[]` has depth 1.
    package let maxDepth: Int

    /// 16 MiB and 128 levels.
    package static let `default` = JSONLimits()

    /// The deepest nesting that can be asked for. Code that walks a tree uses one stack frame a level.
    package static let deepestNesting = 1024

    /// - Parameter maxDepth: clamped to `0 ... deepestNesting`.
    package init(maxBytes: Int = 16 << 20, maxDepth: Int = 128) {
        self.maxBytes = maxBytes
        self.maxDepth = min(max(maxDepth, 0), Self.deepestNesting)
    }
}
