import AsyncIO

/// Where a Streamable HTTP server is and what every request to it carries.
package struct HTTPEndpoint: Sendable {
    package var url: String
    /// The operator's own headers: credentials, mostly.
    package var headers: [(name: String, value: String)]
    /// Time for name look-up, connection and TLS. `nil`: no limit but the request's own.
    package var connectTimeout: Duration?

    package init(url: String, headers: [(name: String, value: String)] = [], connectTimeout: Duration? = .seconds(10)) {
        self.url = url
        self.headers = headers
        self.connectTimeout = connectTimeout
    }
}
