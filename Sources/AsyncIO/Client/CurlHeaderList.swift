import CCurl

/// Request header fields in libcurl's form.
struct CurlHeaderList: ~Copyable {
    let list: UnsafeMutablePointer<curl_slist>?

    /// - Throws: ``HTTPClientError/invalidRequest(detail:)`` for a field that would not be sent as it stands.
    init(_ headers: [(name: String, value: String)]) throws(HTTPClientError) {
        for (name, value) in headers { try Self.check(name, value) }
        var list: UnsafeMutablePointer<curl_slist>?
        func append(_ line: String) -> Bool {
            guard let longer = curl_slist_append(list, line) else { return false }
            list = longer
            return true
        }
        // An empty value means "Name;" to libcurl; "Name:" takes away what it would add by itself.
        var isComplete = append("Expect:")
        if !headers.contains(where: { $0.name.lowercased() == "content-type" }) {
            isComplete = append("Content-Type:") && isComplete
        }
        for (name, value) in headers {
            isComplete = append(value.isEmpty ? "\(name);" : "\(name): \(value)") && isComplete
        }
        guard isComplete else {
            curl_slist_free_all(list)
            throw .invalidRequest(detail: "out of memory")
        }
        self.list = list
    }

    deinit { curl_slist_free_all(list) }

    /// The fields that frame the message; libcurl writes them, and a second opinion would open the door to smuggling.
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
