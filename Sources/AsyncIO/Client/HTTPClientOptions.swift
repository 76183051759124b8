/// How an ``HTTPClient`` connects and what it bounds.
package struct HTTPClientOptions: Sendable {
    /// Requests in flight before ``HTTPClientError/tooManyTransfers(limit:)``.
    package var maxTransfers = 4096
    /// Connections to one host; requests beyond it wait for one. 0: no limit. Plain `http` and what libcurl carries
    /// count by themselves, here and for the idle ones.
    package var maxConnectionsPerHost = 0
    /// Idle connections kept, over all hosts.
    package var maxIdleConnections = 256
    /// An idle connection older than this is not used again. Many servers close theirs after 60 s or less; whether an
    /// idle connection has been closed is also looked at before each use.
    package var maxIdleTime: Duration = .seconds(50)
    /// Configured libcurl handles kept for the next request; each costs about 25 KiB.
    package var maxIdleHandles = 64
    /// Bytes of a body that may wait unread before the transfer pauses, which makes the server wait.
    package var maxUnreadBytes = 128 * 1024
    /// Bytes of a response's status line and header fields.
    package var maxHeadBytes = 64 * 1024
    /// Several requests at a time on one HTTP/2 connection. A paused body can hold up the other streams of its
    /// connection; switch it off where slow readers share a server with quick ones.
    package var multiplexes = true
    /// Value of `User-Agent`; `nil`: none is sent.
    package var userAgent: String?
    /// A PEM file of certificate authorities; `nil`: libcurl's default.
    package var caFile: String?
    /// A directory of hashed certificates, as `openssl rehash` makes it; `nil`: libcurl's default.
    package var caDirectory: String?
    package var proxies = HTTPProxySettings()
    /// For comparing the two ways that plain `http` can take.
    var sendsPlainHTTPThroughLibcurl = false

    /// No proxy, libcurl's default certificates.
    package init() {}

    /// With proxies and certificates from the usual environment variables: `http_proxy`, `HTTPS_PROXY`, `ALL_PROXY`,
    /// `NO_PROXY` as ``HTTPProxySettings/init(environment:)`` reads them; `CURL_CA_BUNDLE`, else `SSL_CERT_FILE`, and
    /// `SSL_CERT_DIR`. An empty variable counts as unset.
    package init(environment: [String: String]) {
        func value(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        caFile = value("CURL_CA_BUNDLE") ?? value("SSL_CERT_FILE")
        caDirectory = value("SSL_CERT_DIR")
        proxies = HTTPProxySettings(environment: environment)
    }
}
