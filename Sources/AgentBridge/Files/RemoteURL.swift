import MCPProtocol

/// An absolute URL that somebody else wrote, taken apart strictly and put together again, so that whoever checks its host
/// and whoever connects to it read the same.
struct RemoteURL: Sendable, Equatable {
    /// `http` or `https`.
    let scheme: String
    /// In lower case, without brackets.
    let host: String
    /// `nil`: the scheme's.
    let port: UInt16?
    /// Path and query, percent-encoded; begins with `/`.
    let target: String

    static let maxBytes = 8 << 10

    var text: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return "\(scheme)://\(name)\(port.map { ":\($0)" } ?? "")\(target)"
    }

    init(parsing text: String) throws(FileProblem) {
        guard text.utf8.count <= Self.maxBytes else { throw FileProblem("has more than \(Self.maxBytes) bytes") }
        guard let separator = text.firstRange(of: "://"),
            case let scheme = text[..<separator.lowerBound].lowercased(), scheme == "http" || scheme == "https"
        else { throw FileProblem("is not an http or https URL") }
        let rest = text[separator.upperBound...].prefix { $0 != "#" }
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "\\" }
        guard !authority.contains("@") else { throw FileProblem("has a user name before its host") }
        let (host, port) = try Self.split(authority)
        self.scheme = scheme
        self.host = host
        self.port = port
        let target = Self.percentEncoded(rest[authority.endIndex...])
        self.target = target.hasPrefix("/") ? target : "/" + target
    }

    private static func split(_ authority: Substring) throws(FileProblem) -> (String, UInt16?) {
        let host: Substring
        let after: Substring
        if authority.first == "[" {
            guard let end = authority.firstIndex(of: "]") else { throw FileProblem("has no host") }
            host = authority[authority.index(after: authority.startIndex)..<end]
            after = authority[authority.index(after: end)...]
            guard host.utf8.contains(UInt8(ascii: ":")),
                host.utf8.allSatisfy({ isHexadecimal($0) || $0 == 0x3A || $0 == 0x2E })
            else { throw FileProblem("has a malformed host") }
        } else {
            host = authority.prefix { $0 != ":" }
            after = authority[host.endIndex...]
            guard !host.isEmpty else { throw FileProblem("has no host") }
            guard host.utf8.count <= 253, host.utf8.allSatisfy(isNameByte) else {
                throw FileProblem("has a malformed host")
            }
        }
        if after.isEmpty || after == ":" { return (host.lowercased(), nil) }
        guard after.first == ":", let port = UInt16(after.dropFirst()), port > 0 else {
            throw FileProblem("has a malformed port")
        }
        return (host.lowercased(), port)
    }

    /// Where a redirect leads.
    ///
    /// - Parameter location: a value of `Location` (RFC 9110, section 10.2.2).
    func redirected(to location: String) throws(FileProblem) -> RemoteURL {
        if location.contains("://") { return try RemoteURL(parsing: location) }
        if location.hasPrefix("//") { return try RemoteURL(parsing: scheme + ":" + location) }
        let name = host.contains(":") ? "[\(host)]" : host
        let base = "\(scheme)://\(name)\(port.map { ":\($0)" } ?? "")"
        if location.hasPrefix("/") { return try RemoteURL(parsing: base + location) }
        let path = target.prefix { $0 != "?" }
        let folder = path[...(path.lastIndex(of: "/") ?? path.startIndex)]
        return try RemoteURL(parsing: base + folder + location)
    }

    // MARK: Bytes

    private static func isNameByte(_ byte: UInt8) -> Bool {
        isAlphanumeric(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_")
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || UInt8(ascii: "a")...UInt8(ascii: "f") ~= byte | 0x20
    }

    /// Everything that a URL may hold stays, everything else is escaped (RFC 3986, section 2.1).
    static func percentEncoded(_ text: some StringProtocol) -> String {
        let kept = Set("-._~:/?#[]@!$&'()*+,;=%".utf8)
        var encoded = ""
        for byte in text.utf8 {
            if isAlphanumeric(byte) || kept.contains(byte) {
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                encoded += (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
            }
        }
        return encoded
    }
}
