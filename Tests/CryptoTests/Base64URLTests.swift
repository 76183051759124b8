import TestSupport
import Testing

@testable import Crypto

@Suite("base64url")
struct Base64URLTests {
    // RFC 4648, section 10, without padding.
    @Test(
        "known texts",
        arguments: [
            ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("fooba", "Zm9vYmE"),
            ("foobar", "Zm9vYmFy"),
        ])
    func known(plain: String, text: String) {
        #expect(Base64URL.encode(Array(plain.utf8)) == text)
        #expect(Base64URL.decode(Array(text.utf8)) == Array(plain.utf8))
    }

    @Test("the alphabet is the one for URLs")
    func alphabet() {
        #expect(Base64URL.encode([0xFB, 0xEF, 0xFF]) == "--__")
    }

    @Test("what is decoded is what was encoded, for random bytes of every small length")
    func roundTrip() {
        var generator = SeededGenerator(seed: 7)
        for length in 0..<200 {
            let bytes = (0..<length).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            #expect(Base64URL.decode(Array(Base64URL.encode(bytes).utf8)) == bytes)
        }
    }

    @Test(
        "a text that no bytes encode to is refused",
        arguments: ["Z", "Zg=", "Zg==", "Zh", "Zm9", "Z g", "Zg\n", "+/", "Zm9vY", "é", "Zg\u{0}"])
    func refused(text: String) {
        #expect(Base64URL.decode(Array(text.utf8)) == nil)
    }

    @Test("there is one text for each sequence of bytes")
    func canonical() {
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<5_000 {
            let text = (0..<Int.random(in: 0...9, using: &generator)).map { _ in
                UInt8.random(in: 0x2B...0x7A, using: &generator)
            }
            guard let bytes = Base64URL.decode(text) else { continue }
            #expect(Array(Base64URL.encode(bytes).utf8) == text)
        }
    }
}
