import MCPProtocol
import Testing

@Suite("A request id")
struct RequestIDTests {
    @Test(
        "is a string or an integer and is written as it was read",
        arguments: [
            ("1", .integer(1)), ("-7", .integer(-7)), ("0", .integer(0)), ("9223372036854775807", .integer(.max)),
            ("-9223372036854775808", .integer(.min)), ("9223372036854775808", .largeInteger("9223372036854775808")),
            ("-0", .largeInteger("-0")),
            ("123456789012345678901234567890", .largeInteger("123456789012345678901234567890")),
            (#""""#, ""), (#""a""#, "a"), (#""1""#, "1"), (#""a\"b""#, "a\"b"), (#""\n""#, "\n"), (#""é😀""#, "é😀"),
        ] as [(String, RequestID)])
    func roundTrips(text: String, expected: RequestID) throws {
        let id = RequestID(try RawJSON(validating: text))
        #expect(id == expected)
        #expect(id?.description == text)
    }

    @Test("is nothing else", arguments: ["null", "1.5", "1.0", "1e3", "-1E2", "true", "[]", "{}", "[1]"])
    func refuses(text: String) throws {
        #expect(RequestID(try RawJSON(validating: text)) == nil)
    }

    @Test("keeps its type: an integer is not a string")
    func keepsType() {
        #expect(RequestID.integer(1) != "1")
        #expect(RequestID.string("\u{E9}") != .string("e\u{301}"))
        #expect(Set<RequestID>([1, "1", 1, .largeInteger("1")]).count == 3)
    }

    @Test("an integer that comes back as a decimal string is an echo")
    func echo() {
        #expect(RequestID.string("12").matchesEcho(of: 12))
        #expect(RequestID.integer(12).matchesEcho(of: 12))
        #expect(!RequestID.integer(12).matchesEcho(of: "12"))
        #expect(!RequestID.string("012").matchesEcho(of: 12))
        #expect(!RequestID.string("a").matchesEcho(of: 12))
        #expect(RequestID.string("99999999999999999999").matchesEcho(of: .largeInteger("99999999999999999999")))
    }
}
