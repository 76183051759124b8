import Glibc

/// A raw connection did not do what a test asked of it.
package struct ConnectionFailure: Error, CustomStringConvertible {
    package enum Kind: Sendable {
        /// The operating system refused: the code is `errno`.
        case system(code: Int32)
        case deadline
        /// The peer closed before everything that was waited for had come.
        case endOfStream
        /// The peer sent what is not HTTP.
        case malformed
    }

    package let kind: Kind
    package let description: String

    init(_ operation: String, _ code: Int32) {
        kind = .system(code: code)
        description = "\(operation): \(String(cString: strerror(code)))"
    }

    init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}
