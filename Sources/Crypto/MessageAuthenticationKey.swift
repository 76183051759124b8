import CCrypto

/// A secret that tells our own messages from forged ones, by HMAC-SHA-256 (RFC 2104).
package struct MessageAuthenticationKey: Sendable {
    /// Of a random key, in bytes: as long as a code, which is what RFC 2104, section 3, asks for.
    package static let randomSize = 32
    /// Of a code, in bytes.
    package static let codeSize = SHA256.digestSize

    private let bytes: [UInt8]

    /// A key that nobody else has.
    package init() throws(CryptoError) {
        try self.init(bytes: RandomBytes.make(Self.randomSize))
    }

    /// A key that others have, too, such as one an operator gave to several gateways.
    ///
    /// - Throws: where libcrypto cannot make codes at all. It is found out here, so that ``code(for:)`` need not fail.
    package init(bytes: [UInt8]) throws(CryptoError) {
        self.bytes = bytes
        guard Self.code(for: [], under: bytes) != nil else { throw .failed(function: "HMAC") }
    }

    /// The code of a message: ``codeSize`` bytes.
    package func code(for message: [UInt8]) -> [UInt8] {
        guard let code = Self.code(for: message, under: bytes) else {
            // It worked when the key was made, and no input makes it fail: memory is out, where Swift stops as well.
            fatalError("libcrypto: HMAC failed")
        }
        return code
    }

    /// Whether `code` is the code of `message`, in a time that does not tell how much of it is right.
    package func verify(_ code: [UInt8], for message: [UInt8]) -> Bool {
        let expected = self.code(for: message)
        return code.count == expected.count && ccrypto_equal(code, expected, expected.count) == 1
    }

    private static func code(for message: [UInt8], under key: [UInt8]) -> [UInt8]? {
        var code = [UInt8](repeating: 0, count: codeSize)
        return ccrypto_hmac_sha256(key, key.count, message, message.count, &code) == 1 ? code : nil
    }
}
