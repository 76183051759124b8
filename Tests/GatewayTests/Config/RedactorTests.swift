import Configuration
import Gateway
import Testing

@Suite("Redaction")
struct RedactorTests {
    private let redactor = Redactor(secrets: [
        Redactor.Secret("tok-123456", label: "TOKEN"), Redactor.Secret("tok-123456-long", label: "LONG"),
        Redactor.Secret("plain-secret"), Redactor.Secret("abc", label: "SHORT"),
        Redactor.Secret("q\"\n\\é", label: "ODD"),
    ])

    @Test(
        "a secret is replaced by the name of its origin, wherever it stands",
        arguments: [
            ("Bearer tok-123456", "Bearer [redacted:TOKEN]"),
            ("tok-123456tok-123456", "[redacted:TOKEN][redacted:TOKEN]"),
            ("xtok-123456-longx", "x[redacted:LONG]x"), ("plain-secret", "[redacted]"), ("tok-12345", "tok-12345"),
            ("", ""),
            ("abc", "abc"), ("q\"\n\\é", "[redacted:ODD]"), (#"{"a":"q\"\n\\é"}"#, #"{"a":"[redacted:ODD]"}"#),
            ("ü tok-123456 ü", "ü [redacted:TOKEN] ü"),
        ])
    func replaces(text: String, expected: String) {
        #expect(redactor.redact(text) == expected)
        #expect(redactor.redact(Array(text.utf8)) == Array(expected.utf8))
    }

    @Test("without secrets a text stays as it is")
    func empty() {
        #expect(Redactor(secrets: []).isEmpty)
        #expect(Redactor(secrets: [Redactor.Secret("abc")]).isEmpty)
        #expect(Redactor(secrets: []).redact("abc") == "abc")
    }

    @Test("of several origins of one value, the first by name is told")
    func severalOrigins() {
        let secrets = [
            Redactor.Secret("same-value"), Redactor.Secret("same-value", label: "B"),
            Redactor.Secret("same-value", label: "A"),
        ]
        for rotation in 0..<3 {
            let rotated = secrets[rotation...] + secrets[..<rotation]
            #expect(Redactor(secrets: rotated).redact("same-value") == "[redacted:A]")
        }
    }

    @Test("the order of secrets makes no difference")
    func equality() {
        let secrets = [Redactor.Secret("first", label: "A"), Redactor.Secret("other", label: "B")]
        #expect(Redactor(secrets: secrets) == Redactor(secrets: secrets.reversed()))
        #expect(Redactor(secrets: secrets) != Redactor(secrets: secrets.dropLast()))
    }
}
