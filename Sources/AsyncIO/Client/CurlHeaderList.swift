import CCurl

/// Request header fields in libcurl's form.
struct CurlHeaderList: ~Copyable {
    let list: UnsafeMutablePointer<curl_slist>?

    /// - Parameter headers: checked already.
    /// - Throws: ``HTTPClientError/invalidRequest(detail:)`` when there is no memory.
    init(_ headers: [(name: String, value: String)]) throws(HTTPClientError) {
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
}
