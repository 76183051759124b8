import MCPProtocol

/// How the server behaves: the command line, parsed.
struct ServerOptions: Sendable {
    enum AnswerFormat: Sendable {
        /// JSON, unless a notification has to be sent before the answer.
        case automatic
        /// Always JSON: notifications of a call are dropped.
        case json
        /// Always a stream of events.
        case events
    }

    /// What `serverInfo` says.
    var name = "reference-server"
    var instructions: String?
    /// Where to listen for HTTP; `nil` serves standard input and output.
    var http: (host: String, port: UInt16)?
    /// The newest revision that is negotiated; older ones are, too.
    var newestRevision = ProtocolRevision.latestLegacy
    /// Which revisions are spoken.
    var era = Era.both
    /// Whether HTTP clients get a session id.
    var usesSessions = true
    var answerFormat = AnswerFormat.automatic

    /// How many generated tools there are beside the built-in ones.
    var generatedTools = 0
    /// How many generated resources there are beside the built-in ones.
    var generatedResources = 0
    /// Items on one page of a list; `nil` puts all on one.
    var pageSize: Int?
    /// HTTP: streams may be resumed after their connection has ended.
    var hasResumableStreams = false
    /// Every message that crosses the wire is appended to this file.
    var recordPath: String?

    // Revisions whose requests describe themselves
    /// How long lists stay fresh, in milliseconds.
    var timeToLive: Int64 = 60_000
    /// Whether lists may be shown to others than who asked.
    var isPublic = false
    /// What seals the states that clients carry; `nil` for a secret of this process.
    var stateKey: String?
    /// After this long a silence a subscription shows that it is still there.
    var keepAlive = Duration.seconds(15)
    /// Of complete results; `nil` leaves it out, which means the same as `complete`.
    var resultType: String? = "complete"

    // Slowness
    var startDelay = Duration.zero
    var listDelay = Duration.zero
    var latency = Duration.zero

    // Misbehaviour
    var exitCodeAtStart: Int32?
    var isSilent = false
    var printsGarbageAtStart = false
    /// Before the answer to the first call, a line of this many bytes is printed (stdio only).
    var longLineBytes: Int?
    /// Neither the end of standard input nor SIGTERM ends the process.
    var ignoresRequestsToEnd = false

    // Misbehaviour of HTTP
    /// GET of `/mcp` is 405.
    var refusesGet = false
    /// Instead of 202, for what is not a request.
    var statusOfAccepted: Int?
    /// Instead of an answer to `initialize` at `/mcp`.
    var statusOfInitialize: Int?
    /// There is no `/mcp`.
    var servesSSEOnly = false
    /// The stream that answers a call ends before the answer.
    var endsStreamsEarly = false

    // Misbehaviour of messages
    /// A cancelled call is answered all the same, and every call is answered twice.
    var answersTooMuch = false
    /// Requests of the server have ids that are strings.
    var usesStringIDs = false
    /// The ids of answers are strings, also where they came as numbers.
    var echoesStringIDs = false
    /// This is asked right after `notifications/initialized`.
    var questionAtStart: Question?
    /// Asks also what the client has not declared.
    var asksUndeclared = false
    /// Before each answer goes a response to nothing.
    var sendsUnknownResponses = false
    /// Before each answer goes progress with a token that nobody gave.
    var sendsUnknownProgress = false

    // Misbehaviour of eras
    /// How `server/discover` is answered instead.
    var probeFault: ProbeFault?
    /// How many probes are; `nil` for all.
    var faultyProbes: Int?
    /// After this many requests the era changes.
    var requestsBeforeEraChange: Int?

    // Misbehaviour of lists
    /// Tools whose `x-mcp-header` breaks the rules stand beside the good ones.
    var marksInvalidHeaders = false
    /// How often the list of tools changes.
    var flapPeriod: Duration?
    var pageFault: PageCutter.Fault?
    /// A name stands in the list of tools twice.
    var duplicatesTools = false
    /// Tools against the schema stand beside the good ones.
    var listsInvalidTools = false
    /// These are answered with an error.
    var refusedLists: Set<ListKind> = []
}
