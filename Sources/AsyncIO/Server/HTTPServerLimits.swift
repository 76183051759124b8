/// What a client may ask of an ``HTTPServer``, and how long it may take. A duration of `nil` means no limit.
package struct HTTPServerLimits: Sendable {
    /// Connections open at a time, over all loops. One more is answered 503 and closed.
    package var maxConnections: Int
    /// What one request's head, chunk extensions and trailer may have.
    package var parser: HTTPParserLimits
    /// From a request's first byte until its head is whole; bytes that drip in do not extend it. Then 408.
    package var headerTimeout: Duration?
    /// From an answer, or the connection's start, until the next request's first byte. Then the connection is closed.
    package var idleTimeout: Duration?
    /// Silence between two pieces of a body that the handler waits for.
    package var bodyTimeout: Duration?
    /// How long a client may take to accept 16 KiB, or what is left, of an answer that waits to be sent. Then the
    /// connection is cut. A long answer may take longer as a whole.
    package var writeTimeout: Duration?
    /// How long a connection that is given up waits for the client to read the last answer.
    package var lingerTimeout: Duration
    /// How long a connection's task waits for a next request before it ends, and gives its memory back. The connection
    /// stays, and its next byte starts another task. Longer than a busy client pauses, which so pays for no new task;
    /// short, because many clients in turn would each keep a task for this long.
    package var taskIdleTime = Duration.milliseconds(20)
    /// Bytes of a body that nobody read which are read and dropped to keep the connection. More than that closes it.
    package var maxUnreadBodyBytes: Int

    package init(
        maxConnections: Int = 10_000, parser: HTTPParserLimits = HTTPParserLimits(),
        headerTimeout: Duration? = .seconds(10), idleTimeout: Duration? = .seconds(75),
        bodyTimeout: Duration? = .seconds(30), writeTimeout: Duration? = .seconds(30),
        lingerTimeout: Duration = .seconds(2), maxUnreadBodyBytes: Int = 64 << 10
    ) {
        self.maxConnections = maxConnections
        self.parser = parser
        self.headerTimeout = headerTimeout
        self.idleTimeout = idleTimeout
        self.bodyTimeout = bodyTimeout
        self.writeTimeout = writeTimeout
        self.lingerTimeout = lingerTimeout
        self.maxUnreadBodyBytes = maxUnreadBodyBytes
    }
}
