/// What the fields of a head say about the connection and the body, found in one pass and checked against each other.
struct HTTPMessageFacts {
    private(set) var framing = HTTPBodyFraming.none
    private(set) var expectation = HTTPRequestHead.Expectation.none
    private(set) var keepsConnection: Bool

    private var hosts = 0
    private var contentLength: Int?
    private var hasTransferEncoding = false

    init(request headers: HTTPHeaders, version: HTTPVersion) throws(HTTPParseError) {
        keepsConnection = version == .http1_1
        var hasConnection = false
        for location in headers.locations {
            // The length rules out nearly every other name.
            switch location.nameCount {
            case 4 where headers.equalsIgnoringCase(location.name, "host"):
                try addHost(headers.bytes[location.value])
            case 6 where headers.equalsIgnoringCase(location.name, "expect"):
                let isContinue = headers.equalsIgnoringCase(location.value, "100-continue")
                expectation = isContinue && expectation != .unknown ? .continue : .unknown
            case 10 where headers.equalsIgnoringCase(location.name, "connection"):
                hasConnection = true
            case 14 where headers.equalsIgnoringCase(location.name, "content-length"):
                try addContentLength(headers.bytes[location.value])
            case 17 where headers.equalsIgnoringCase(location.name, "transfer-encoding"):
                hasTransferEncoding = true
            default: break
            }
        }
        if hosts == 0, version == .http1_1 { throw .missingHost }
        if hasConnection { readConnection(headers, version) }
        // An HTTP/1.0 client does not wait for a 100 (RFC 9110, section 10.1.1).
        if version == .http1_0 { expectation = .none }
        if hasTransferEncoding {
            if contentLength != nil { throw .contentLengthWithTransferEncoding }
            if version == .http1_0 { throw .transferEncodingInHTTP1_0 }
            try readTransferEncoding(headers)
            framing = .chunked
        } else if let contentLength, contentLength > 0 {
            framing = .length(contentLength)
        }
    }

    private mutating func addHost(_ value: ArraySlice<UInt8>) throws(HTTPParseError) {
        hosts += 1
        if hosts > 1 { throw .duplicateHost }
        if !value.allSatisfy(Self.isAuthorityByte) { throw .invalidHost }
    }

    /// What a host and a port are made of (RFC 3986, section 3.2), without the `@` of user information.
    static func isAuthorityByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: ":"),
            UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "_"), UInt8(ascii: "~"), UInt8(ascii: "%"),
            UInt8(ascii: "!"), UInt8(ascii: "$"), UInt8(ascii: "&"), UInt8(ascii: "'"), UInt8(ascii: "("),
            UInt8(ascii: ")"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: ";"), UInt8(ascii: "="):
            true
        default: false
        }
    }

    private mutating func addContentLength(_ value: ArraySlice<UInt8>) throws(HTTPParseError) {
        if contentLength != nil { throw .duplicateContentLength }
        // 18 digits cannot overflow.
        guard 1...18 ~= value.count else { throw .invalidContentLength }
        var count = 0
        for byte in value {
            guard byte.isDigit else { throw .invalidContentLength }
            count = count * 10 + Int(byte - UInt8(ascii: "0"))
        }
        contentLength = count
    }

    private mutating func readConnection(_ headers: HTTPHeaders, _ version: HTTPVersion) {
        if headers.containsToken("close", in: "connection") {
            keepsConnection = false
        } else if version == .http1_0 {
            keepsConnection = headers.containsToken("keep-alive", in: "connection")
        }
    }

    private func readTransferEncoding(_ headers: HTTPHeaders) throws(HTTPParseError) {
        var chunkedCount = 0
        var elements = 0
        var isChunkedLast = false
        var isMalformed = false
        headers.forEachListElement(of: "transfer-encoding") { range in
            elements += 1
            isChunkedLast = headers.equalsIgnoringCase(range, "chunked")
            if isChunkedLast {
                chunkedCount += 1
            } else if range.count > 7, headers.equalsIgnoringCase(range.prefix(7), "chunked"),
                !headers.bytes[range.lowerBound + 7].isTokenByte
            {
                isMalformed = true
            }
            return true
        }
        if isMalformed || elements == 0 || chunkedCount > 1 || (chunkedCount == 1 && !isChunkedLast) {
            throw .invalidTransferEncoding
        }
        if elements != 1 || chunkedCount != 1 { throw .unsupportedTransferEncoding }
    }
}
