/// Where an HTTP+SSE server wants its messages posted: the URL that its `endpoint` event names, absolute or relative to
/// the URL of the stream (RFC 3986, section 5.2; MCP 2024-11-05, Transports, "HTTP with SSE").
struct MessageEndpoint: Equatable {
    let url: String

    /// A longer reference is no address.
    static let maxBytes = 8 << 10

    /// - Throws: `.protocolViolation` for what is no reference, or one to another origin than the stream's: the
    ///   operator's credentials are for that one only.
    init(resolving reference: ArraySlice<UInt8>, against base: String) throws(MCPClientError) {
        guard reference.count <= Self.maxBytes else {
            throw Self.refusal("is longer than \(Self.maxBytes) bytes")
        }
        guard let base = URLParts(base[...]) else { throw Self.refusal("cannot be resolved against \"\(base)\"") }
        let text = String(decoding: Self.trimmed(reference), as: UTF8.self)
        let reference = String(text.prefix { $0 != "#" })
        guard !reference.isEmpty else { throw Self.refusal("is empty") }
        guard reference.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") }) else {
            throw Self.refusal("has a character that no URL has")
        }
        var rest = reference[...]
        var hasAuthority = true
        if let scheme = URLParts.scheme(of: rest) {
            guard let absolute = URLParts(rest) else {
                throw Self.refusal("is \"\(scheme):…\", which is neither http nor https")
            }
            try Self.checkOrigin(absolute, base)
            rest = absolute.target
        } else if rest.hasPrefix("//") {
            guard let absolute = URLParts("\(base.scheme):\(rest)"[...]) else { throw Self.refusal("has no host") }
            try Self.checkOrigin(absolute, base)
            rest = absolute.target
        } else {
            hasAuthority = false
        }
        let path = rest.prefix { $0 != "?" }
        let query = rest[path.endIndex...]
        let merged: String
        if hasAuthority || path.hasPrefix("/") {
            merged = String(path)
        } else if path.isEmpty {
            merged = String(base.path)  // A query alone.
        } else {
            merged =
                String(base.path[...(base.path.lastIndex(of: "/") ?? base.path.startIndex)])
                + path
        }
        // The stream's own authority, so that nothing but the path is the server's choice.
        url = "\(base.scheme)://\(base.authority)\(Self.removingDotSegments(merged))\(query)"
    }

    private static func refusal(_ fact: String) -> MCPClientError {
        MCPClientError(
            .protocolViolation, "the address for messages that the server names \(fact)", mayHaveExecuted: false)
    }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var rest = bytes.drop(while: isBlank)
        while let last = rest.last, isBlank(last) { rest = rest.dropLast() }
        return rest
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || (0x09...0x0D).contains(byte)
    }

    private static func checkOrigin(_ other: URLParts, _ base: URLParts) throws(MCPClientError) {
        guard other.origin == base.origin else {
            throw refusal("has the origin \(other.origin), but the stream has \(base.origin)")
        }
    }

    /// RFC 3986, section 5.2.4. The result begins with a slash.
    private static func removingDotSegments(_ path: String) -> String {
        var kept: [Substring] = []
        let segments = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        for (number, segment) in segments.enumerated() {
            let isLast = number == segments.count - 1
            switch segment {
            case ".": if isLast { kept.append("") }
            case "..":
                _ = kept.popLast()
                if isLast { kept.append("") }
            default: kept.append(segment)
            }
        }
        return "/" + kept.joined(separator: "/")
    }
}
