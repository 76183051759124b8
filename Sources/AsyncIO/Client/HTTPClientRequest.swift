/// What an ``HTTPClient`` sends.
package struct HTTPClientRequest: Sendable {
    /// As it stands in the request line: `GET`, `POST`, `DELETE`…
    package var method: String
    /// Absolute, `http` or `https`.
    package var url: String
    /// Sent in this order. The fields that frame a message (`Content-Length`, `Transfer-Encoding`, `Expect`,
    /// `Connection`) are the client's own and refused here.
    package var headers: [(name: String, value: String)]
    /// `nil`: the request has no body. Not copied: it is kept until the transfer has ended.
    package var body: ArraySlice<UInt8>?
    /// Connect to this Unix socket instead of the URL's host.
    package var unixSocketPath: String?
    /// Whether the request may be sent a second time, on a new connection, after a kept-alive one was closed by the
    /// server without an answer: the server may or may not have acted on the first. Where it is `false`, that ends as
    /// ``HTTPClientError/closedBeforeResponse(detail:wasReusedConnection:requestBytesSent:)``.
    package var mayRepeat: Bool
    /// Whether a connection may be made to an address that the URL's host stands for; `nil`: to any.
    ///
    /// Asked with the very address before each connection is opened, so what a name means cannot change in between. Such
    /// a request has a connection of its own, and goes through no proxy: that one would look the name up by itself.
    package var allowsAddress: (@Sendable (SocketAddress) -> Bool)?
    /// Whether the answer may be compressed with gzip (RFC 9110, section 8.4), and is read without that. libcurl does both,
    /// so such a request goes through it, plain `http`, too. Otherwise a body is as it came.
    package var decodesContent = false

    /// - Parameter mayRepeat: `nil`: as RFC 9110, section 9.2.2 has it, so `true` unless the method is `POST` or
    ///   `PATCH` or unknown.
    package init(
        method: String, url: String, headers: [(name: String, value: String)] = [], body: ArraySlice<UInt8>? = nil,
        unixSocketPath: String? = nil, mayRepeat: Bool? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.unixSocketPath = unixSocketPath
        self.mayRepeat = mayRepeat ?? ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"].contains(method)
    }
}
