import AsyncIO
import MCPProtocol

/// Failures as the caller reads them.
enum ErrorAnswer {
    /// `{"error":{…}}`
    static func body(_ failure: RunFailure, requestID: String, isDIAL: Bool) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("error")
        writer.beginObject()
        writer.key("message")
        writer.string("\(failure.message) (request \(requestID))")
        writer.key("type")
        writer.string(failure.type)
        writer.key("param")
        if let param = failure.param { writer.string(param) } else { writer.null() }
        writer.key("code")
        writer.string(isDIAL ? failure.dialCode ?? failure.code : failure.code)
        let shown = failure.displayMessage ?? (isDIAL && failure.dialStatus >= 500 ? failure.message : nil)
        if let shown {
            writer.key("display_message")
            writer.string(shown)
        }
        writer.endObject()
        writer.endObject()
        return writer.finish()
    }

    static func head(_ failure: RunFailure, isDIAL: Bool) -> HTTPResponseHead {
        var headers: HTTPHeaders = ["Content-Type": "application/json"]
        let status = isDIAL ? failure.dialStatus : failure.status
        if let wait = failure.retryAfter, [429, 503].contains(status) {
            let (seconds, attoseconds) = wait.components
            headers.add("Retry-After", String(seconds + (attoseconds > 0 ? 1 : 0)))
        }
        return HTTPResponseHead(HTTPStatus(rawValue: status), headers: headers)
    }
}
