/// URIs and URI templates that say which server they belong to.
///
/// `file:///a` of `docs` becomes `docs+file:///a`. Views of MCP Apps have to keep their scheme: `ui://a` becomes
/// `ui://docs/a`. In both, the prefix is written so that it stays what it is in a scheme and in clients that normalize
/// schemes: other bytes than `a-z`, digits and `-` become `.` and two hexadecimal digits, and before what is no letter
/// there is an `x.`.
package enum RewrittenURI {
    /// - Returns: `nil` for what is never rewritten: `http` and `https`, whose URIs clients may fetch themselves, and text
    ///   without a scheme. Also for an empty prefix.
    package static func expose(_ uri: String, prefix: String) -> String? {
        guard let scheme = scheme(of: uri), !prefix.isEmpty else { return nil }
        switch scheme.lowercased() {
        case "http", "https":
            return nil
        case "ui":
            let rest = uri.utf8.dropFirst(scheme.utf8.count)
            guard rest.starts(with: "://".utf8) else { break }
            return "\(scheme)://\(encode(prefix))/\(Substring(rest.dropFirst(3)))"
        default:
            break
        }
        return "\(encode(prefix))+\(uri)"
    }

    /// What ``expose(_:prefix:)`` was given; `nil` for what it never returns.
    ///
    /// A server's own `git+ssh://a` reads like `ssh://a` of `git`: look among known prefixes only.
    package static func restore(_ exposed: String) -> (prefix: String, uri: String)? {
        guard let scheme = scheme(of: exposed) else { return nil }
        let prefix: String?
        let uri: String
        if scheme.lowercased() == "ui" {
            let rest = exposed.utf8.dropFirst(scheme.utf8.count)
            guard rest.starts(with: "://".utf8) else { return nil }
            let parts = rest.dropFirst(3).split(
                separator: UInt8(ascii: "/"), maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { return nil }
            prefix = decode(parts[0])
            uri = "\(scheme)://\(Substring(parts[1]))"
        } else {
            let parts = exposed.utf8.split(separator: UInt8(ascii: "+"), maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { return nil }
            prefix = decode(parts[0])
            uri = String(Substring(parts[1]))
        }
        guard let prefix, let again = expose(uri, prefix: prefix), again.utf8.elementsEqual(exposed.utf8) else {
            return nil
        }
        return (prefix, uri)
    }

    /// RFC 3986, section 3.1. Templates have one too, when it is written out.
    private static func scheme(of uri: String) -> Substring? {
        guard let colon = uri.utf8.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        let scheme = uri[..<colon]
        guard let first = scheme.utf8.first, isLetter(first), scheme.utf8.allSatisfy(isSchemeByte) else { return nil }
        return scheme
    }

    private static func isLetter(_ byte: UInt8) -> Bool { UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20 }

    private static func isSchemeByte(_ byte: UInt8) -> Bool {
        isLetter(byte) || byte.isDigit || byte == UInt8(ascii: "+") || byte == .minus || byte == UInt8(ascii: ".")
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || byte.isDigit || byte == .minus
    }

    private static let escape = UInt8(ascii: ".")
    private static let padding = Array("x.".utf8)

    private static func encode(_ prefix: String) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var output: [UInt8] = []
        for byte in prefix.utf8 {
            // A scheme begins with a letter.
            if isPlain(byte), !output.isEmpty || isLetter(byte) {
                output.append(byte)
            } else {
                if output.isEmpty { output = padding }
                output += [escape, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    private static func decode(_ text: Substring.UTF8View) -> String? {
        var rest = Array(text)[...]
        // No escape begins with a second dot.
        if rest.starts(with: padding + [escape]) { rest = rest.dropFirst(padding.count) }
        var output: [UInt8] = []
        while let byte = rest.popFirst() {
            guard byte == escape else {
                output.append(byte)
                continue
            }
            guard let high = rest.popFirst()?.hexadecimalValue, let low = rest.popFirst()?.hexadecimalValue else {
                return nil
            }
            output.append(high << 4 | low)
        }
        return String(validating: output, as: UTF8.self)
    }
}
