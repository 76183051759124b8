/// An encoded request line with its header fields, but for what the body adds: the length, and the empty line.
struct HTTP1RequestHead {
    let bytes: [UInt8]
    private let method: String
    private let headers: [(name: String, value: String)]

    /// - Throws: ``HTTPClientError/invalidRequest(detail:)`` for a method or field that would not be sent as it stands.
    init(_ request: HTTPClientRequest, url: HTTP1URL, userAgent: String?) throws(HTTPClientError) {
        try request.checkMethod()
        try request.checkHeaders()
        method = request.method
        headers = request.headers
        var text = "\(method) \(url.target) HTTP/1.1\r\n"
        func addUnlessGiven(_ name: String, _ value: String) {
            let lowercased = name.lowercased()
            if !request.headers.contains(where: { $0.name.lowercased() == lowercased }) {
                text += "\(name): \(value)\r\n"
            }
        }
        addUnlessGiven("Host", url.authority)
        if let userAgent { addUnlessGiven("User-Agent", userAgent) }
        addUnlessGiven("Accept", "*/*")
        for (name, value) in headers { text += value.isEmpty ? "\(name):\r\n" : "\(name): \(value)\r\n" }
        bytes = Array(text.utf8)
    }

    /// Whether the request has the very fields that this head was made from: quickly found out, and mostly so.
    func isOf(_ request: HTTPClientRequest) -> Bool {
        // Two arrays of one storage are equal: neither can change while both are held.
        let isSame = headers.withUnsafeBufferPointer { own in
            request.headers.withUnsafeBufferPointer { own.baseAddress == $0.baseAddress && own.count == $0.count }
        }
        return isSame && method == request.method
    }

    /// Whether it is the head of this request, too.
    func fits(_ request: HTTPClientRequest) -> Bool {
        guard headers.count == request.headers.count, method == request.method else { return false }
        return headers.elementsEqual(request.headers, by: ==)
    }
}
