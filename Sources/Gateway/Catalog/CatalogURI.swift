/// URIs that name their server, for resources that several servers have: `{prefix}+{scheme}:…`, and
/// `ui://{prefix}/…` because hosts know user interfaces by their scheme (MCP Apps 2026-01-26).
enum CatalogURI {
    /// A longer URI matches no template, and a longer template no URI.
    static let maxMatchedBytes = 8 << 10

    private static let interfaceStart = "ui://"

    /// - Parameter prefix: of the server, not empty.
    /// - Returns: `nil` for what cannot be rewritten: `http` and `https`, which clients may fetch by themselves, and what
    ///   has no scheme.
    static func expose(_ uri: String, prefix: String) -> String? {
        guard let scheme = scheme(of: uri) else { return nil }
        switch scheme.lowercased() {
        case "http", "https": return nil
        case "ui" where uri.dropFirst(scheme.count).hasPrefix("://"):
            return "\(uri.prefix(Self.interfaceStart.count))\(prefix)/\(uri.dropFirst(Self.interfaceStart.count))"
        default: return "\(prefix)+\(uri)"
        }
    }

    /// Undoes ``expose(_:prefix:)``.
    ///
    /// - Returns: `nil` if the URI does not have that form. One that has it may still be a server's own.
    static func restore(_ uri: String) -> (prefix: String, original: String)? {
        guard let colon = uri.utf8.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        let head = uri[..<colon]
        if head.lowercased() == "ui" {
            let path = uri[colon...].dropFirst()
            guard path.hasPrefix("//"), let slash = path.dropFirst(2).firstIndex(of: "/") else { return nil }
            let prefix = path[..<slash].dropFirst(2)
            return prefix.isEmpty ? nil : (String(prefix), "\(head)://\(uri[slash...].dropFirst())")
        }
        guard let plus = head.firstIndex(of: "+"), plus > head.startIndex else { return nil }
        let original = uri[plus...].dropFirst()
        return scheme(of: original) == nil ? nil : (String(uri[..<plus]), String(original))
    }

    /// The scheme (RFC 3986, section 3.1); `nil` if there is none.
    private static func scheme(of uri: some StringProtocol) -> String? {
        guard let colon = uri.utf8.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        let scheme = uri[..<colon]
        let isLetter = { (byte: UInt8) in
            UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20
        }
        guard let first = scheme.utf8.first, isLetter(first),
            scheme.utf8.allSatisfy({
                isLetter($0) || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || $0 == UInt8(ascii: "+")
                    || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".")
            })
        else { return nil }
        return String(scheme)
    }

    // MARK: Templates

    /// Whether expanding a URI template (RFC 6570) may give this URI. Lenient where servers are: a variable with a star
    /// spans slashes.
    ///
    /// - Complexity: O(bytes of the URI × bytes of the template), whatever they are.
    static func matches(_ uri: String, template: String) -> Bool {
        guard uri.utf8.count <= maxMatchedBytes, template.utf8.count <= maxMatchedBytes else { return false }
        let uri = Array(uri.utf8)
        // Offsets of the URI that the template read so far can reach.
        var reached: Set<Int> = [0]
        var rest = Array(template.utf8)[...]
        while let first = rest.first, !reached.isEmpty {
            if first == UInt8(ascii: "{") {
                guard let end = rest.firstIndex(of: UInt8(ascii: "}")) else { return false }
                reached = Expression(rest[..<end].dropFirst()).offsets(after: reached, in: uri)
                rest = rest[end...].dropFirst()
            } else {
                let literal = rest.prefix { $0 != UInt8(ascii: "{") }
                reached = Set(
                    reached.compactMap { start in
                        uri[start...].starts(with: literal) ? start + literal.count : nil
                    })
                rest = rest.dropFirst(literal.count)
            }
        }
        return reached.contains(uri.count)
    }

    /// What stands between braces.
    private struct Expression {
        /// What an expansion begins with, unless it is empty.
        let start: UInt8?
        /// What an expansion cannot contain.
        let excluded: [UInt8]

        init(_ text: ArraySlice<UInt8>) {
            let spansSegments = text.last == UInt8(ascii: "*")
            switch text.first {
            case UInt8(ascii: "+"): (start, excluded) = (nil, [])
            case UInt8(ascii: "#"): (start, excluded) = (UInt8(ascii: "#"), [])
            case UInt8(ascii: "/"): (start, excluded) = (UInt8(ascii: "/"), Array("?#".utf8))
            case UInt8(ascii: "?"), UInt8(ascii: "&"): (start, excluded) = (text.first, Array("#".utf8))
            case UInt8(ascii: "."), UInt8(ascii: ";"): (start, excluded) = (text.first, Array("/?#".utf8))
            default: (start, excluded) = (nil, spansSegments ? Array("?#".utf8) : Array("/?#".utf8))
            }
        }

        /// Where an expansion that begins at one of `starts` may end.
        func offsets(after starts: Set<Int>, in uri: [UInt8]) -> Set<Int> {
            var ends: Set<Int> = []
            // An expansion without a sign of its own has at least one character.
            if start != nil { ends = starts }
            var isInside = false
            for offset in uri.indices {
                if starts.contains(offset), start == nil || uri[offset] == start {
                    isInside = true
                    if start != nil {
                        ends.insert(offset + 1)
                        continue
                    }
                }
                if excluded.contains(uri[offset]) { isInside = false }
                if isInside { ends.insert(offset + 1) }
            }
            return ends
        }
    }
}
