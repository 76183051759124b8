/// An `http` URL in the form nearly all have, taken apart.
///
/// Whatever has more than one reading (user information, dot segments, abbreviated addresses, bytes beyond visible
/// ASCII) is none of these, and left to libcurl.
struct HTTP1URL {
    /// Without brackets.
    let host: String
    let port: UInt16
    /// Host and port as they stand in the URL.
    let authority: String
    /// Path and query; begins with a slash.
    let target: String

    init?(_ url: String) {
        let bytes = Array(url.utf8)
        guard bytes.count > 7, bytes[..<7].map(\.asciiLowercased).elementsEqual("http://".utf8),
            bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { return nil }
        let pathStart = bytes[7...].firstIndex { Self.delimiters.contains($0) } ?? bytes.endIndex
        guard pathStart == bytes.endIndex || bytes[pathStart] == UInt8(ascii: "/") else { return nil }
        let path = bytes[pathStart...]
        guard path.allSatisfy(Self.isTargetByte), !Self.hasDotSegment(path.prefix { $0 != UInt8(ascii: "?") })
        else { return nil }
        guard let (host, port) = Self.split(authority: bytes[7..<pathStart]) else { return nil }
        self.host = host
        self.port = port
        let hasDefaultPort = port == 80 && bytes[..<pathStart].suffix(3).elementsEqual(":80".utf8)
        authority = String(decoding: bytes[7..<pathStart].dropLast(hasDefaultPort ? 3 : 0), as: UTF8.self)
        target = path.isEmpty ? "/" : String(decoding: path, as: UTF8.self)
    }

    private static let delimiters = Array("/?#\\".utf8)

    private static func isTargetByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "#"), UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: "<"), UInt8(ascii: ">"),
            UInt8(ascii: "^"), UInt8(ascii: "`"), UInt8(ascii: "{"), UInt8(ascii: "|"), UInt8(ascii: "}"):
            false
        default: true
        }
    }

    /// Whether a segment begins with a dot, in either spelling: most such names are harmless, but not all.
    private static func hasDotSegment(_ path: ArraySlice<UInt8>) -> Bool {
        path.indices.contains { index in
            path[index] == UInt8(ascii: "/")
                && (path[(index + 1)...].first == UInt8(ascii: ".")
                    || path[(index + 1)...].prefix(3).map(\.asciiLowercased).elementsEqual("%2e".utf8))
        }
    }

    private static func split(authority: ArraySlice<UInt8>) -> (host: String, port: UInt16)? {
        let host: ArraySlice<UInt8>
        let rest: ArraySlice<UInt8>
        if authority.first == UInt8(ascii: "[") {
            guard let end = authority.firstIndex(of: UInt8(ascii: "]")) else { return nil }
            host = authority[(authority.startIndex + 1)..<end]
            rest = authority[(end + 1)...]
            guard host.contains(UInt8(ascii: ":")),
                SocketAddress(ip: String(decoding: host, as: UTF8.self), port: 0) != nil
            else { return nil }
        } else {
            host = authority.prefix { $0 != UInt8(ascii: ":") }
            rest = authority[host.endIndex...]
            guard isName(host) else { return nil }
        }
        let text = String(decoding: host, as: UTF8.self)
        if rest.isEmpty { return (text, 80) }
        let digits = rest.dropFirst()
        guard rest.first == UInt8(ascii: ":"), 1...5 ~= digits.count, digits.allSatisfy(\.isDigit),
            let port = UInt16(String(decoding: digits, as: UTF8.self)), port > 0
        else { return nil }
        return (text, port)
    }

    /// An IPv4 address written in full, or a name that no reader takes for an address.
    private static func isName(_ host: ArraySlice<UInt8>) -> Bool {
        let labels = host.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard let last = labels.last?.first, host.count <= 253 else { return false }
        if last.isDigit { return SocketAddress(ip: String(decoding: host, as: UTF8.self), port: 0) != nil }
        return labels.allSatisfy { label in
            1...63 ~= label.count
                && label.allSatisfy {
                    $0.isDigit || $0.asciiLowercased &- UInt8(ascii: "a") < 26 || $0 == UInt8(ascii: "-")
                        || $0 == UInt8(ascii: "_")
                }
        }
    }
}
