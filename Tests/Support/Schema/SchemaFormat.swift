/// The formats that the protocol's schemas name, checked loosely: what passes may still be refused by a strict reader,
/// what fails is refused by all.
enum SchemaFormat: String {
    case uri
    case uriTemplate = "uri-template"
    /// Base64 with padding.
    case byte

    func accepts(_ string: String) -> Bool {
        switch self {
        case .uri: Self.isURI(string)
        case .uriTemplate: Self.isTemplate(string)
        case .byte: Self.isBase64(Array(string.utf8))
        }
    }

    /// A scheme, a colon, and no white space or control character (RFC 3986).
    private static func isURI(_ string: String) -> Bool {
        guard let colon = string.firstIndex(of: ":"), isPrintable(string) else { return false }
        let scheme = string[..<colon]
        guard let first = scheme.first, first.isASCII, first.isLetter else { return false }
        return scheme.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) }
    }

    /// Braces in pairs, none inside another (RFC 6570).
    private static func isTemplate(_ string: String) -> Bool {
        var inside = false
        for character in string {
            if character == "{" || character == "}" {
                if inside == (character == "{") { return false }
                inside = character == "{"
            }
        }
        return !inside && isPrintable(string)
    }

    private static func isPrintable(_ string: String) -> Bool {
        string.unicodeScalars.allSatisfy { $0.value > 0x20 && $0.value != 0x7F }
    }

    private static func isBase64(_ bytes: [UInt8]) -> Bool {
        guard bytes.count.isMultiple(of: 4) else { return false }
        let padding = bytes.reversed().prefix { $0 == UInt8(ascii: "=") }.count
        return padding <= 2
            && bytes.dropLast(padding).allSatisfy {
                switch $0 {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"):
                    true
                default: false
                }
            }
    }
}
