/// What the fields of a response say about the connection and the body, checked against each other
/// (RFC 9112, sections 6 and 9.3).
struct HTTP1ResponseFacts {
    private(set) var contentLength: Int?
    private(set) var isChunked = false
    private(set) var keepsConnection: Bool
    private(set) var keepAliveSeconds: Int?

    init(_ headers: HTTPHeaders, version: HTTPClientResponse.Version) throws(HTTPClientError) {
        keepsConnection = version == .http1_1
        var hasConnection = false
        var hasTransferEncoding = false
        for location in headers.locations {
            // The length rules out nearly every other name.
            switch location.nameCount {
            case 10 where headers.equalsIgnoringCase(location.name, "connection"):
                hasConnection = true
            case 10 where headers.equalsIgnoringCase(location.name, "keep-alive"):
                keepAliveSeconds = Self.timeout(headers.bytes[location.value])
            case 14 where headers.equalsIgnoringCase(location.name, "content-length"):
                try addContentLength(headers.bytes[location.value])
            case 17 where headers.equalsIgnoringCase(location.name, "transfer-encoding"):
                hasTransferEncoding = true
            default: break
            }
        }
        if hasConnection {
            if headers.containsToken("close", in: "connection") {
                keepsConnection = false
            } else if headers.containsToken("keep-alive", in: "connection") {
                keepsConnection = true
            }
        }
        guard hasTransferEncoding else { return }
        guard contentLength == nil else {
            throw .protocolError(detail: HTTPParseError.contentLengthWithTransferEncoding.description)
        }
        let codings = headers.listElements("transfer-encoding")
        guard codings.count == 1, codings[0].lowercased() == "chunked" else {
            throw .protocolError(detail: "the transfer coding \"\(codings.joined(separator: ", "))\" is not chunked")
        }
        isChunked = true
        // HTTP/1.0 has no such field: whoever sends it may have passed on what it did not understand.
        if version == .http1_0 { keepsConnection = false }
    }

    private mutating func addContentLength(_ value: ArraySlice<UInt8>) throws(HTTPClientError) {
        for part in value.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            let digits = part.drop(while: \.isBlank).prefix { !$0.isBlank }
            guard let length = HTTPClientResponseHead.number(digits),
                part[digits.endIndex...].allSatisfy(\.isBlank)
            else { throw .protocolError(detail: HTTPParseError.invalidContentLength.description) }
            // The same length twice is one length (RFC 9112, section 6.3).
            guard contentLength == nil || contentLength == length else {
                throw .protocolError(
                    detail: "there are two lengths, Content-Length \(contentLength ?? 0) and \(length)")
            }
            contentLength = length
        }
    }

    /// `timeout=5` of `Keep-Alive`, as many servers announce when they will close.
    private static func timeout(_ value: ArraySlice<UInt8>) -> Int? {
        for part in value.split(separator: UInt8(ascii: ",")) {
            let parameter = part.drop(while: \.isBlank)
            guard parameter.count > 8, parameter.prefix(8).map(\.asciiLowercased).elementsEqual("timeout=".utf8) else {
                continue
            }
            return HTTPClientResponseHead.number(parameter.dropFirst(8).prefix { $0.isDigit })
        }
        return nil
    }
}
