/// Sealed texts: what we hand out and get back unchanged, such as a cursor. Anybody can read them, nobody else can make
/// or change one.
extension MessageAuthenticationKey {
    /// `base64url(payload) "." base64url(code)`, where the code is of `purpose "." payload`.
    ///
    /// - Parameter purpose: a fixed word without a dot: a text sealed for one purpose does not open for another.
    package func seal(payload: [UInt8], purpose: String) -> String {
        Base64URL.encode(payload) + "." + Base64URL.encode(code(for: Self.sealed(payload, purpose)))
    }

    /// The payload of a text that ``seal(payload:purpose:)`` made with this key for this purpose; `nil` for any other.
    package func open(_ text: String, purpose: String) -> [UInt8]? {
        let text = Array(text.utf8)
        guard let dot = text.firstIndex(of: UInt8(ascii: ".")),
            let payload = Base64URL.decode(text[..<dot]), let code = Base64URL.decode(text[(dot + 1)...]),
            verify(code, for: Self.sealed(payload, purpose))
        else { return nil }
        return payload
    }

    private static func sealed(_ payload: [UInt8], _ purpose: String) -> [UInt8] {
        precondition(!purpose.utf8.contains(UInt8(ascii: ".")), "a dot ends the purpose of a sealed text")
        return Array(purpose.utf8) + [UInt8(ascii: ".")] + payload
    }
}
