import CCrypto

/// Random bytes fit for keys and names that nobody must guess.
package enum RandomBytes {
    /// - Parameter count: not negative.
    package static func make(_ count: Int) throws(CryptoError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        guard ccrypto_random(&bytes, count) == 1 else { throw .noRandomness }
        return bytes
    }
}
