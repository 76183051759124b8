/// Which proxy stands before which server.
package struct HTTPProxySettings: Sendable, Hashable {
    /// Proxy for `http` URLs; `nil`: none.
    package var http: String?
    /// Proxy for `https` URLs; `nil`: none.
    package var https: String?
    /// Hosts reached directly: a comma-separated list of names, domains, addresses and networks, or `*`.
    package var exceptions: String?

    package init() {}

    /// As libcurl reads them: the lower-case name first, then the upper-case one, except that `HTTP_PROXY` does not
    /// count, because a CGI server sets it from a request's `Proxy` header.
    package init(environment: [String: String]) {
        func value(_ names: String...) -> String? {
            for name in names { if let value = environment[name], !value.isEmpty { return value } }
            return nil
        }
        let all = value("all_proxy", "ALL_PROXY")
        http = value("http_proxy") ?? all
        https = value("https_proxy", "HTTPS_PROXY") ?? all
        exceptions = value("no_proxy", "NO_PROXY")
    }

    /// The proxy for a URL, exceptions not considered.
    func proxy(for url: String) -> String? {
        url.utf8.prefix(6).map(\.asciiLowercased).elementsEqual("https:".utf8) ? https : http
    }
}
