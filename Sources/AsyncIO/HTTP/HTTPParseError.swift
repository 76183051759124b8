/// Why a message was refused. The stream cannot be read any further: answer ``status`` and close.
package enum HTTPParseError: Error, Hashable, Sendable {
    /// The first line is not `method SP target SP version CRLF`.
    case invalidRequestLine
    /// The target has a byte, a form or a percent-encoding that RFC 9112, section 3.2, does not allow.
    case invalidTarget
    case targetTooLong(limit: Int)
    case unsupportedVersion
    /// `CONNECT` asks for a tunnel; there are none here.
    case connectRefused
    /// A CR without LF or a LF without CR: readers that disagree about line ends can be played off against each other.
    case invalidLineEnd
    /// A name is empty, has a byte that is not a token's, or has white space before its colon.
    case invalidFieldName
    /// A value has a control character.
    case invalidFieldValue
    /// A line starts with white space (RFC 9112, section 5.2).
    case foldedField
    case headTooLarge(limit: Int)
    case tooManyFields(limit: Int)
    case missingHost
    case duplicateHost
    case invalidHost
    case invalidContentLength
    case duplicateContentLength
    /// Both are there: the classic way to smuggle a request (RFC 9112, section 6.1).
    case contentLengthWithTransferEncoding
    case transferEncodingInHTTP1_0
    /// `chunked` is not the last coding, occurs twice, or has parameters.
    case invalidTransferEncoding
    case unsupportedTransferEncoding
    case invalidChunk
    case chunkExtensionsTooLong(limit: Int)
    case trailerTooLarge(limit: Int)

    /// The status to answer with.
    package var status: HTTPStatus {
        switch self {
        case .targetTooLong: .uriTooLong
        case .headTooLarge, .tooManyFields, .trailerTooLarge: .requestHeaderFieldsTooLarge
        case .unsupportedVersion: .httpVersionNotSupported
        case .unsupportedTransferEncoding, .connectRefused: .notImplemented
        default: .badRequest
        }
    }
}

extension HTTPParseError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .invalidRequestLine: "the request line is malformed"
        case .invalidTarget: "the request target is malformed"
        case .targetTooLong(let limit): "the request target is longer than \(limit) bytes"
        case .unsupportedVersion: "only HTTP/1.0 and HTTP/1.1 are spoken here"
        case .connectRefused: "CONNECT is not supported"
        case .invalidLineEnd: "a line does not end with CR LF"
        case .invalidFieldName: "a header field name is malformed"
        case .invalidFieldValue: "a header field value has a control character"
        case .foldedField: "a header field is folded over several lines"
        case .headTooLarge(let limit): "the message head is larger than \(limit) bytes"
        case .tooManyFields(let limit): "there are more than \(limit) header fields"
        case .missingHost: "the Host header field is missing"
        case .duplicateHost: "there is more than one Host header field"
        case .invalidHost: "the Host header field is malformed"
        case .invalidContentLength: "Content-Length is not a number of bytes"
        case .duplicateContentLength: "there is more than one Content-Length"
        case .contentLengthWithTransferEncoding: "Content-Length and Transfer-Encoding exclude each other"
        case .transferEncodingInHTTP1_0: "HTTP/1.0 has no Transfer-Encoding"
        case .invalidTransferEncoding: "chunked must be the last transfer coding, once, without parameters"
        case .unsupportedTransferEncoding: "chunked is the only transfer coding supported"
        case .invalidChunk: "the chunked body is malformed"
        case .chunkExtensionsTooLong(let limit): "the chunk extensions are longer than \(limit) bytes"
        case .trailerTooLarge(let limit): "the trailer is larger than \(limit) bytes"
        }
    }
}
