import MCPClient
import MCPProtocol

/// One request of a client's on its way to one server: what is sent there, and how its outcome is to be read.
///
/// Knows neither the client's transport nor its revision.
package struct ClientCall: Sendable {
    package let method: String
    /// The request in words, for people: `tool "git__git_log"`.
    package let subject: String
    /// The tool's exposed name, if the request is a `tools/call`: only then a failure is a result.
    package let toolName: String?
    let upstream: Upstream
    /// The operator's own time limit for this tool.
    let timeout: ToolOverride.TimeoutOverride?
    /// The client's own progress token, exactly as it wrote it; `nil` if it wants no progress.
    let progressToken: RawJSON?
    /// Where URIs stand in the result; `nil` if there are none to translate.
    let carrier: ResourceCarrier?
    /// The only session that can answer, where it may not be another one (tasks live in a session).
    var pinnedSession: UpstreamSession?
    /// The client cannot wait on tasks but the tool runs as one only: the run creates the task and waits for its result.
    var runsAsTask = false
    /// The client asked for a task itself, or leaves it to the server to make one.
    var asksForTask = false
    /// The server's id of the task whose messages belong to this call, as it asks for the task's result.
    var taskID: String?
    /// The URI that the client asked for, and the one that the server is asked for instead.
    var uris: (asked: String, sent: String)?
    /// The params are of a client that describes itself in each request.
    var isSelfDescribing = false
    /// The tool's `outputSchema` is shown wrapped to clients of the legacy revisions.
    var structuredIsWrapped = false
    /// Made again, the call does no harm, and its server is configured for that (`replay`).
    var mayBeRepeated = false
    /// A method without effect, which may be sent again when its answer was lost.
    var isSafe = false

    /// The params for the server.
    private let makeParams: @Sendable (NextHop) -> OutgoingParams

    init(
        method: String, subject: String, toolName: String? = nil, upstream: Upstream,
        timeout: ToolOverride.TimeoutOverride? = nil, progressToken: RawJSON?, carrier: ResourceCarrier? = nil,
        params: @escaping @Sendable (NextHop) -> OutgoingParams
    ) {
        self.method = method
        self.subject = subject
        self.toolName = toolName
        self.upstream = upstream
        self.timeout = timeout
        self.progressToken = progressToken
        self.carrier = carrier
        makeParams = params
    }

    func params(for hop: NextHop) -> OutgoingParams {
        let params = makeParams(hop)
        guard isSelfDescribing, hop.revision.isLegacy, !params.isOfItsHop else { return params }
        let bytes = RawJSON(unchecked: params.bytes[...]).withoutSelfDescription.bytes
        return OutgoingParams(Array(bytes), isOfItsHop: true)
    }

    /// Whether a tool is at work meanwhile.
    var isOfTool: Bool { toolName != nil || method == "tasks/result" }

    package var server: String { upstream.configuration.name }
}
