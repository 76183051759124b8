/// The section `limits`: the bounds of everything that could grow. Sizes are bytes; a `nil` duration is "off".
package struct LimitsConfiguration: Sendable, Equatable {
    // MARK: Connections from clients

    /// Connections from clients at any moment.
    package var maxConnections = 10_000
    /// Request line and header fields of one request, together.
    package var maxHeaderBytes = 64 << 10
    /// The body of one request.
    package var maxBodyBytes = 4 << 20
    /// From the first byte of a request to the end of its headers.
    package var headerTimeout: Duration? = .seconds(10)
    /// Silence allowed while a request body arrives.
    package var bodyTimeout: Duration? = .seconds(30)
    /// Silence allowed between two requests on a connection.
    package var idleTimeout: Duration? = .seconds(120)
    /// How long a client may refuse to take bytes of an answer.
    package var writeTimeout: Duration? = .seconds(30)

    // MARK: Messages

    /// Nested arrays and objects of any JSON text.
    package var maxJSONDepth = 128
    /// One message of an upstream: a line on stdio, an event of a stream.
    package var maxMessageBytes = 16 << 20
    /// The result of one call, streamed through.
    package var maxResultBytes = 64 << 20

    // MARK: Calls

    /// Calls in flight at any moment, over all servers.
    package var maxInFlight = 10_000
    /// Calls in flight to one server; the server's `maxInFlight` replaces it.
    package var maxInFlightPerServer = 1_000

    // MARK: Sessions and streams

    /// Sessions of clients at any moment.
    package var maxSessions = 10_000
    /// A session without requests and without an open stream is forgotten after this.
    package var sessionIdle: Duration? = .seconds(30 * 60)
    /// Clients at any moment that are told from others by ``MCPProtocol/RequestMeta/affinity`` (2026-07-28).
    package var maxAffinities = 1_000
    /// What is kept for such a client is forgotten after this, when it makes no request and has no subscription.
    package var affinityIdle: Duration? = .seconds(60)
    /// Bytes waiting to be taken by the reader of one event stream, which is closed beyond.
    package var maxStreamBacklogBytes = 1 << 20
    /// A comment is sent on an event stream that was silent for this long.
    package var streamKeepAlive: Duration? = .seconds(15)

    /// Messages kept for a client that comes back for a broken event stream, in bytes a stream; zero keeps none.
    package var maxReplayBytes = 256 << 10
    /// How long the answer on an event stream is kept after it was sent, for a client that did not get it.
    package var replayWindow: Duration? = .seconds(120)
    /// An event stream that answers a call is closed after this, and its client asked to come back for the rest, where
    /// the revision has that; `nil` keeps it open.
    package var pollAfter: Duration?
    /// When such a client is asked to come back.
    package var pollRetry: Duration = .seconds(1)
    /// Resources of one server that one session may be subscribed to.
    package var maxSubscriptions = 1_000
    /// The servers' instructions for the model, together.
    package var maxInstructionsBytes = 16 << 10

    // MARK: Questions

    /// How long a client, or the person behind it, may take to answer what a server asks.
    package var questionTimeout: Duration? = .seconds(5 * 60)

    // MARK: Parked calls

    /// Calls at any moment that wait for clients to come back with answers (2026-07-28).
    package var maxParkedCalls = 1_000
    /// The same for the clients at one address.
    package var maxParkedCallsPerClient = 100
    /// How long such a call waits before it is given up, and how long the state handed out with its questions is good.
    package var parkTimeout: Duration? = .seconds(10 * 60)
    /// How long the outcome of such a call can be fetched again.
    package var parkGrace: Duration = .seconds(60)

    /// How long a call that was ended because its user has to visit URLs waits for the server to say that this is over,
    /// before it is made again.
    package var visitTimeout: Duration = .seconds(10)

    // MARK: Tasks

    /// Tasks of clients without sessions (2026-07-28) that are remembered at any moment.
    package var maxTasks = 4096
    /// The same for the clients at one address.
    package var maxTasksPerClient = 1024
    /// The longest life of such a task: one that its server keeps longer, or for ever, is forgotten then.
    package var taskLifetime: Duration = .seconds(24 * 3600)

    // MARK: Children

    /// The newest bytes of a child's standard error that are kept.
    package var maxStderrBytes = 64 << 10
    /// After closing its input a child has this long to end before it is sent SIGTERM, and again before SIGKILL.
    package var stopTimeout: Duration = .seconds(2)

    // MARK: Stopping

    /// How long a stopping or reloading gateway waits for calls in flight; `nil` waits for as long as they take.
    package var drainTimeout: Duration? = .seconds(10)

    package init() {}
}
