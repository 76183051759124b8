import MCPProtocol

/// What all sessions share.
@LoopActor
final class Server {
    /// A longer memory than any test needs, and still a bound.
    private static let maxRememberedCancellations = 100_000

    let options: ServerOptions
    let catalogue: ToolCatalogue
    var statistics = Statistics()
    private(set) var runningCalls = 0
    /// Ids of the requests that clients have taken back, whether they were running or not, as JSON.
    private(set) var cancelledRequests: [RawJSON] = []
    private var sessions: [ObjectIdentifier: any ToolListObserver] = [:]
    /// Set by a transport that has sessions to forget.
    var forgetSessions: (@LoopActor () -> Int)?
    private var hasPrintedLongLine = false

    init(options: ServerOptions) {
        self.options = options
        catalogue = ToolCatalogue(generatedTools: options.generatedTools, pageSize: options.pageSize)
    }

    func add(_ session: any ToolListObserver) { sessions[ObjectIdentifier(session)] = session }

    func remove(_ session: any ToolListObserver) { sessions[ObjectIdentifier(session)] = nil }

    func callStarted() { runningCalls += 1 }

    func callEnded() { runningCalls -= 1 }

    func rememberCancellation(of id: RawJSON) {
        if cancelledRequests.count == Self.maxRememberedCancellations { cancelledRequests.removeFirst() }
        // A copy: the value would keep the whole message it came in.
        cancelledRequests.append(RawJSON(unchecked: Array(id.bytes)[...]))
    }

    /// - Returns: whether the tool is listed now.
    func toggleChangingTool() -> Bool {
        let isListed = catalogue.toggleChangingTool()
        for session in sessions.values { session.toolsDidChange() }
        return isListed
    }

    /// - Returns: how many sessions were forgotten.
    func expireSessions() -> Int { forgetSessions?() ?? 0 }

    /// The bytes of the line that ``ServerOptions/longLineBytes`` asks for, the first time.
    func takeLongLine() -> Int? {
        guard !hasPrintedLongLine else { return nil }
        hasPrintedLongLine = true
        return options.longLineBytes
    }
}
