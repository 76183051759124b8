/// An error answer as `application/problem+json` (RFC 9457).
package struct HTTPProblem: Sendable, Hashable {
    package let status: HTTPStatus
    package let title: String
    package let detail: String

    /// - Parameters:
    ///   - title: the kind of problem; by default the status's phrase.
    ///   - detail: this very case, in one sentence.
    package init(_ status: HTTPStatus, title: String? = nil, detail: String) {
        self.status = status
        self.title = title ?? status.reason
        self.detail = detail
    }

    package init(_ error: HTTPParseError) { self.init(error.status, detail: error.description) }

    package init(_ error: HTTPBodyError) { self.init(error.status, detail: error.description) }

    package var head: HTTPResponseHead {
        HTTPResponseHead(status, headers: ["Content-Type": "application/problem+json"])
    }

    package var body: [UInt8] {
        var json = Array("{\"title\":".utf8)
        Self.append(title, to: &json)
        json.append(contentsOf: ",\"detail\":".utf8)
        Self.append(detail, to: &json)
        json.append(contentsOf: ",\"status\":\(status.rawValue)}".utf8)
        return json
    }

    private static func append(_ text: String, to json: inout [UInt8]) {
        json.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                json.append(UInt8(ascii: "\\"))
                json.append(byte)
            case 0..<0x20:
                let digits = Array("0123456789abcdef".utf8)
                json.append(contentsOf: "\\u00".utf8)
                json.append(digits[Int(byte >> 4)])
                json.append(digits[Int(byte & 15)])
            default: json.append(byte)
            }
        }
        json.append(UInt8(ascii: "\""))
    }
}
