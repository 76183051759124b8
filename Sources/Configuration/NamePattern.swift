/// A glob over names: `*` stands for any run of characters, `?` for exactly one; everything else for itself.
///
/// Case matters, as it does in tool names.
package struct NamePattern: Sendable, Hashable, CustomStringConvertible {
    package let text: String
    private let scalars: [Unicode.Scalar]

    package init(_ text: String) {
        self.text = text
        scalars = Array(text.unicodeScalars)
    }

    package static let everything = NamePattern("*")

    package var description: String { text }

    /// - Complexity: O(pattern × name) at worst, without recursion: patterns are input.
    package func matches(_ name: String) -> Bool {
        let name = Array(name.unicodeScalars)
        var (p, n) = (0, 0)
        // Where to resume when what followed the last star did not fit: the star takes one character more.
        var resume: (pattern: Int, name: Int)?
        while n < name.count {
            if p < scalars.count, scalars[p] == "*" {
                resume = (p + 1, n)
                p += 1
            } else if p < scalars.count, scalars[p] == "?" || scalars[p] == name[n] {
                p += 1
                n += 1
            } else if let (pattern, taken) = resume {
                resume = (pattern, taken + 1)
                p = pattern
                n = taken + 1
            } else {
                return false
            }
        }
        return scalars[p...].allSatisfy { $0 == "*" }
    }
}
