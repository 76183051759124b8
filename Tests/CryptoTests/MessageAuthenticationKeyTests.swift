import Testing

@testable import Crypto

@Suite("message authentication")
struct MessageAuthenticationKeyTests {
    private static func hex(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    struct Vector: Sendable, CustomTestStringConvertible {
        let name: String
        let key: [UInt8]
        let message: [UInt8]
        let code: String
        var testDescription: String { name }
    }

    // RFC 4231, section 4; case 5 is about truncation and has no whole code.
    static let vectors = [
        Vector(
            name: "case 1", key: Array(repeating: 0x0B, count: 20), message: Array("Hi There".utf8),
            code: "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        Vector(
            name: "case 2", key: Array("Jefe".utf8), message: Array("what do ya want for nothing?".utf8),
            code: "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        Vector(
            name: "case 3", key: Array(repeating: 0xAA, count: 20), message: Array(repeating: 0xDD, count: 50),
            code: "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
        Vector(
            name: "case 4", key: Array(1...25), message: Array(repeating: 0xCD, count: 50),
            code: "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
        Vector(
            name: "case 6", key: Array(repeating: 0xAA, count: 131),
            message: Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8),
            code: "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"),
        Vector(
            name: "case 7", key: Array(repeating: 0xAA, count: 131),
            message: Array(
                ("This is a test using a larger than block-size key and a larger than block-size data. "
                    + "The key needs to be hashed before being used by the HMAC algorithm.").utf8),
            code: "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"),
    ]

    @Test("codes of RFC 4231", arguments: vectors)
    func codes(vector: Vector) throws {
        let key = try MessageAuthenticationKey(bytes: vector.key)
        let code = key.code(for: vector.message)
        #expect(Self.hex(code) == vector.code)
        #expect(key.verify(code, for: vector.message))
    }

    @Test("an empty key and an empty message have a code as well")
    func empty() throws {
        let code = try MessageAuthenticationKey(bytes: []).code(for: [])
        #expect(Self.hex(code) == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad")
    }

    @Test("digests of FIPS 180-4")
    func digests() throws {
        #expect(
            Self.hex(try SHA256.digest(of: Array("abc".utf8)))
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(
            Self.hex(try SHA256.digest(of: []))
                == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }

    @Test("a code of another length, message or key is wrong")
    func wrongCodes() throws {
        let key = try MessageAuthenticationKey()
        let message = Array("message".utf8)
        let code = key.code(for: message)
        #expect(!key.verify([], for: message))
        #expect(!key.verify(Array(code.dropLast()), for: message))
        #expect(!key.verify(code + [0], for: message))
        #expect(!key.verify(code, for: Array("massage".utf8)))
        #expect(try !MessageAuthenticationKey().verify(code, for: message))
    }

    @Test("random bytes differ, and there are as many as asked for")
    func random() throws {
        #expect(try RandomBytes.make(0) == [])
        #expect(try RandomBytes.make(32).count == 32)
        #expect(try RandomBytes.make(32) != RandomBytes.make(32))
    }
}

@Suite("sealed texts")
struct SealingTests {
    @Test("what is sealed opens again", arguments: ["", "x", "a.b.c", String(repeating: "long ", count: 100)])
    func opens(payload: String) throws {
        let key = try MessageAuthenticationKey()
        let text = key.seal(payload: Array(payload.utf8), purpose: "test")
        #expect(key.open(text, purpose: "test") == Array(payload.utf8))
        let allowed = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")
        #expect(text.allSatisfy(allowed.contains), "fit for a URL")
    }

    @Test("another purpose, another key, or more or less text open nothing")
    func foreign() throws {
        let key = try MessageAuthenticationKey()
        let text = key.seal(payload: [1, 2, 3], purpose: "test")
        #expect(key.open(text, purpose: "tes") == nil)
        #expect(key.open(text, purpose: "other") == nil)
        #expect(try MessageAuthenticationKey().open(text, purpose: "test") == nil)
        for wrong in ["", ".", "..", text + ".", "." + text, text + "A", text + "=", " " + text, text + "." + text] {
            #expect(key.open(wrong, purpose: "test") == nil, "\(wrong)")
        }
        for length in 0..<text.utf8.count { #expect(key.open(String(text.prefix(length)), purpose: "test") == nil) }
    }

    @Test("a text altered at any byte, in any way, opens nothing")
    func altered() throws {
        let key = try MessageAuthenticationKey()
        let text = Array(key.seal(payload: Array("cursor".utf8), purpose: "test").utf8)
        for index in text.indices {
            for byte in UInt8(0x20)...0x7E where byte != text[index] {
                var altered = text
                altered[index] = byte
                #expect(key.open(String(decoding: altered, as: UTF8.self), purpose: "test") == nil)
            }
        }
    }
}
