import CCrypto

/// SHA-256 (FIPS 180-4).
package enum SHA256 {
    /// In bytes.
    package static let digestSize = 32

    package static func digest(of message: [UInt8]) throws(CryptoError) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: digestSize)
        guard ccrypto_sha256(message, message.count, &digest) == 1 else { throw .failed(function: "EVP_Digest") }
        return digest
    }
}
