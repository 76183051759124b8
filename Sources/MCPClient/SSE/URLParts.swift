/// An absolute `http` or `https` URL, taken apart as far as resolving a reference needs it (RFC 3986, section 3).
struct URLParts {
    /// Lower-case.
    let scheme: String
    /// User information, host and port, as they are written.
    let authority: Substring
    /// Path and query, as they are written; may be empty.
    let target: Substring
    /// Scheme, host and port, so that two are equal when they are the same origin (RFC 6454, section 4).
    let origin: String

    /// `nil` for anything else.
    init?(_ url: Substring) {
        guard let scheme = Self.scheme(of: url)?.lowercased(), scheme == "http" || scheme == "https" else { return nil }
        let rest = url.dropFirst(scheme.count + 1)
        guard rest.hasPrefix("//") else { return nil }
        let authority = rest.dropFirst(2).prefix { !"/?#".contains($0) }
        self.authority = authority
        target = rest[authority.endIndex...].prefix { $0 != "#" }
        self.scheme = scheme
        let hostAndPort = authority.lastIndex(of: "@").map { authority[$0...].dropFirst() } ?? authority
        let host: Substring
        if hostAndPort.hasPrefix("[") {
            guard let end = hostAndPort.firstIndex(of: "]") else { return nil }
            host = hostAndPort[...end]
        } else {
            host = hostAndPort.prefix { $0 != ":" }
        }
        let port = hostAndPort[host.endIndex...]
        guard !host.isEmpty, port.isEmpty || port.hasPrefix(":") else { return nil }
        let digits = port.dropFirst()
        guard digits.isEmpty || UInt16(digits) != nil, digits.first != "+" else { return nil }
        let number = UInt16(digits) ?? (scheme == "http" ? 80 : 443)
        origin = "\(scheme)://\(host.lowercased()):\(number)"
    }

    /// Without the query; at least a slash.
    var path: Substring {
        let path = target.prefix { $0 != "?" }
        return path.isEmpty ? "/" : path
    }

    /// What stands before the first colon, if it can be a scheme.
    static func scheme(of text: Substring) -> Substring? {
        let scheme = text.prefix { !":/?#".contains($0) }
        guard text[scheme.endIndex...].first == ":", let first = scheme.utf8.first, isLetter(first),
            scheme.utf8.allSatisfy({ isLetter($0) || (0x30...0x39).contains($0) || "+-.".utf8.contains($0) })
        else { return nil }
        return scheme
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }
}
