/// libcrypto could not do what it was asked to.
package enum CryptoError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The system has no randomness to give.
    case noRandomness
    /// A function that cannot fail on any input failed: out of memory, or a libcrypto without the algorithm.
    case failed(function: String)

    package var description: String {
        switch self {
        case .noRandomness: "libcrypto has no random bytes to give (RAND_bytes failed)"
        case .failed(let function): "libcrypto failed at \(function)"
        }
    }
}
