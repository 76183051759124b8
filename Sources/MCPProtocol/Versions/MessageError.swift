/// A well-formed JSON-RPC message whose params or result are not what its method wants.
package struct MessageError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Where, such as `params.protocolVersion` or `result.tools[3].name`.
    package let path: String

    /// What is wrong there, such as `must be a string`.
    package let fact: String

    package init(path: String, fact: String) {
        self.path = path
        self.fact = fact
    }

    package var description: String { "\(path) \(fact)" }
}
