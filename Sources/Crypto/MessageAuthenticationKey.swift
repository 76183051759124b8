import CCrypto

/// A secret that tells our own messages from forged ones, by HMAC-SHA-256 (RFC 2104).
package struct MessageAuthenticationKey: Sendable {
    /// Of a random key, in bytes: as long as a code, which is what RFC 2104, section 3, asks for.
    package static let randomSize = 32
    /// Of a code, in bytes.
    package static let codeSize = SHA256.digestSize

    /// The key as libcrypto keeps it.
    // Unchecked: `pointer` never changes, and what it points to is written in `init` and `deinit` only, where no other
    // thread has it yet or any more. In between all threads only read it: each code is made in a copy of its own
    // (`EVP_MAC_CTX_dup` of a constant), which libcrypto allows without a lock (openssl-threads(7)).
    private final class Ready: @unchecked Sendable {
        let pointer: OpaquePointer

        init?(_ bytes: [UInt8]) {
            guard let pointer = ccrypto_hmac_key_new(bytes, bytes.count) else { return nil }
            self.pointer = pointer
        }

        deinit { ccrypto_hmac_key_free(pointer) }
    }

    private let ready: Ready

    /// A key that nobody else has.
    package init() throws(CryptoError) {
        try self.init(bytes: RandomBytes.make(Self.randomSize))
    }

    /// A key that others have, too, such as one an operator gave to several gateways.
    ///
    /// - Throws: where libcrypto cannot make codes at all. It is found out here, so that ``code(for:)`` need not throw.
    package init(bytes: [UInt8]) throws(CryptoError) {
        guard let ready = Ready(bytes) else { throw .failed(function: "EVP_MAC_init") }
        self.ready = ready
        guard code(for: []).count == Self.codeSize else { throw .failed(function: "EVP_MAC_final") }
    }

    /// The code of a message: ``codeSize`` bytes. Should libcrypto be out of memory, none, which no message has.
    package func code(for message: [UInt8]) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: Self.codeSize)
        guard ccrypto_hmac_sha256(ready.pointer, message, message.count, &code) == 1 else { return [] }
        return code
    }

    /// Whether `code` is the code of `message`, in a time that does not tell how much of it is right.
    package func verify(_ code: [UInt8], for message: [UInt8]) -> Bool {
        let expected = self.code(for: message)
        // Both lengths: where there is no code to expect, none is right.
        guard expected.count == Self.codeSize, code.count == Self.codeSize else { return false }
        return ccrypto_equal(code, expected, Self.codeSize) == 1
    }
}
