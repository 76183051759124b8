import Testing

@testable import MCPProtocol

@Suite("values that headers repeat")
struct HeaderTextTests {
    @Test(
        "plain text goes as it is, everything else as Base64",
        arguments: [
            ("", ""), ("us-west1", "us-west1"), ("a b", "a b"), ("~!\"", "~!\""), ("a ", "=?base64?YSA=?="),
            (" a", "=?base64?IGE=?="), (" ", "=?base64?IA==?="), ("a\tb", "=?base64?YQli?="),
            ("a\r\nb", "=?base64?YQ0KYg==?="), ("é", "=?base64?w6k=?="), ("\u{7F}", "=?base64?fw==?="),
            ("=?base64?YQ==?=", "=?base64?PT9iYXNlNjQ/WVE9PT89?="), ("=?base64?=", "=?base64?PT9iYXNlNjQ/PQ==?="),
            ("=?base64?x", "=?base64?x"), ("=?BASE64?YQ==?=", "=?BASE64?YQ==?="),
        ])
    func encoding(text: String, header: String) {
        #expect(HeaderText.encode(text) == header)
        #expect(HeaderText.decode(header) == text)
        #expect(HeaderText.isText(Array(header.utf8)[...], text) == true)
        #expect(HeaderText.isText(Array(header.utf8)[...], text + "x") == false)
    }

    @Test(
        "a marked value is strict Base64 of UTF-8, and one without both marks is itself",
        arguments: [
            ("=?base64??=", ""), ("=?base64?=", "=?base64?="), ("=?base64?YQ==", "=?base64?YQ=="), ("YQ==?=", "YQ==?="),
            ("=?base64?YQ?=", nil), ("=?base64?YQ=?=", nil), ("=?base64?YR==?=", nil), ("=?base64?YWI=YWI=?=", nil),
            ("=?base64?Y Q=?=", nil), ("=?base64?-_==?=", nil), ("=?base64?=YQ=?=", nil), ("=?base64?====?=", nil),
            ("=?base64?/w==?=", nil), ("=?base64?YWJj?=", "abc"),
        ] as [(String, String?)])
    func decoding(header: String, text: String?) {
        #expect(HeaderText.decode(header) == text)
        #expect(HeaderText.isText(Array(header.utf8)[...], text ?? "") == (text == nil ? nil : true))
    }

    @Test("any bytes come back from Base64, and only their own text is taken", arguments: 0..<4)
    func base64(seed: UInt64) {
        var mutator = Mutator(seed: seed, corpus: [[]])
        for _ in 0..<300 {
            let bytes = (0..<mutator.random(below: 40)).map { _ in UInt8(mutator.random(below: 256)) }
            let text = Base64.encode(bytes)
            #expect(Base64.decode(text.utf8) == bytes)
            var other = Array(text.utf8)
            guard !other.isEmpty else { continue }
            other[mutator.random(below: other.count)] = UInt8(mutator.random(below: 128))
            if let decoded = Base64.decode(other) { #expect(Array(Base64.encode(decoded).utf8) == other) }
        }
    }
}
