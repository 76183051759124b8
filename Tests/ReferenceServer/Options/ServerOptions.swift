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
    /// Whether HTTP clients get a session id.
    var usesSessions = true
    var answerFormat = AnswerFormat.automatic

    /// How many generated tools there are beside the built-in ones.
    var generatedTools = 0
    /// Tools on one page of `tools/list`; `nil` puts all on one.
    var pageSize: Int?

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
}
