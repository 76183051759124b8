extension HTTPClientRequest {
    /// Whether a body is sent, be it an empty one.
    var sendsBody: Bool { body != nil || method == "POST" }

    /// - Throws: ``HTTPClientError/invalidRequest(detail:)``.
    func checkMethod() throws(HTTPClientError) {
        guard !method.isEmpty, method.utf8.allSatisfy(\.isTokenByte) else {
            throw .invalidRequest(detail: "\"\(method)\" is not a method")
        }
        guard !(sendsBody && method == "HEAD") else { throw .invalidRequest(detail: "HEAD with a body") }
    }

    /// - Throws: ``HTTPClientError/invalidRequest(detail:)`` for a field that would not be sent as it stands.
    func checkHeaders() throws(HTTPClientError) {
        for (name, value) in headers { try Self.check(name, value) }
    }

    /// The fields that frame the message; the client writes them, and a second opinion would open the door to
    /// smuggling.
    private static let reserved: Set<String> = ["content-length", "transfer-encoding", "connection", "expect"]

    private static func check(_ name: String, _ value: String) throws(HTTPClientError) {
        guard !name.isEmpty, name.utf8.allSatisfy(\.isTokenByte) else {
            throw .invalidRequest(detail: "\"\(name)\" is not a field name")
        }
        guard !reserved.contains(name.lowercased()) else {
            throw .invalidRequest(detail: "the field \"\(name)\" is set by the client itself")
        }
        guard value.utf8.allSatisfy(\.isFieldValueByte) else {
            throw .invalidRequest(detail: "the value of \"\(name)\" contains a control character")
        }
    }
}
