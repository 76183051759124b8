/// The first line and the header fields of a request that kept every rule of RFC 9112.
package struct HTTPRequestHead: Sendable {
    /// What the client wants to hear before it sends the body (RFC 9110, section 10.1.1).
    package enum Expectation: Sendable, Hashable {
        case none
        case `continue`
        /// An expectation nobody here knows: to be answered with 417.
        case unknown
    }

    package let headers: HTTPHeaders
    package let version: HTTPVersion
    package let bodyFraming: HTTPBodyFraming
    package let expectation: Expectation
    /// Whether the client wants to use the connection again (RFC 9112, section 9.3).
    package let keepsConnection: Bool

    // Places in `headers.bytes`.
    let methodRange: Range<Int>
    let targetRange: Range<Int>
    let pathRange: Range<Int>
    let queryRange: Range<Int>?

    /// Case matters: `get` is not `GET`.
    package var method: String { headers.text(methodRange) }

    /// As it was sent.
    package var target: String { headers.text(targetRange) }

    /// The path as it was sent: without query, and without scheme and authority if the target had them. `*` for
    /// the asterisk form.
    package var rawPath: String { pathRange.isEmpty ? "/" : headers.text(pathRange) }

    /// The path with its percent-encoding undone, always UTF-8 and without NUL. An encoded slash looks like a real
    /// one here: use ``pathComponents`` where that matters.
    ///
    /// Nothing is done about `.` and `..`: the path names no file.
    package var path: String {
        let raw = headers.bytes[pathRange]
        if raw.isEmpty { return "/" }
        guard raw.contains(UInt8(ascii: "%")), let decoded = PercentEncoding.decodeStrictly(raw) else {
            return String(decoding: raw, as: UTF8.self)
        }
        return String(decoding: decoded, as: UTF8.self)
    }

    /// What stands between the path's slashes, each decoded on its own; the empty piece before the first slash is
    /// left out. `/mcp/a%2Fb` has `mcp` and `a/b`; `/` has one empty component.
    package var pathComponents: [String] {
        let raw = headers.bytes[pathRange].drop { $0 == UInt8(ascii: "/") }
        let skipped = headers.bytes[pathRange].count - raw.count
        var components = Array(repeating: "", count: Swift.max(skipped - 1, 0))
        for piece in raw.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            components.append(String(decoding: PercentEncoding.decodeStrictly(piece) ?? Array(piece), as: UTF8.self))
        }
        return components
    }

    /// What follows the first `?`, as it was sent; `nil` without one.
    package var query: String? { queryRange.map(headers.text) }

    /// The query as `name=value` pairs in order, decoded.
    package var queryItems: [HTTPQueryItem] {
        guard let queryRange else { return [] }
        return headers.bytes[queryRange].split(separator: UInt8(ascii: "&")).map { pair in
            let equals = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
            return HTTPQueryItem(
                name: PercentEncoding.decodeQuery(pair[..<equals]),
                value: PercentEncoding.decodeQuery(pair[equals...].dropFirst()))
        }
    }

    /// The first value of this name in the query.
    package func queryValue(_ name: String) -> String? {
        queryItems.first { $0.name == name }?.value
    }

    /// The authority the request is for: the target's own if it has one (RFC 9112, section 3.2.2), else `Host`.
    /// `nil` only in HTTP/1.0.
    package var host: String? {
        let start = targetRange.lowerBound
        if pathRange.lowerBound > start, let authority = Self.authority(headers.bytes, target: targetRange) {
            return headers.text(authority)
        }
        return headers.first("Host")
    }

    /// The authority in a target of absolute form (`http://authority…`).
    static func authority(_ bytes: [UInt8], target: Range<Int>) -> Range<Int>? {
        for scheme in ["http://", "https://"] {
            let count = scheme.utf8.count
            guard target.count > count,
                zip(bytes[target], scheme.utf8).allSatisfy({ $0.asciiLowercased == $1 })
            else { continue }
            let start = target.lowerBound + count
            let end =
                bytes[start..<target.upperBound].firstIndex {
                    $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?")
                } ?? target.upperBound
            return start == end ? nil : start..<end
        }
        return nil
    }
}
