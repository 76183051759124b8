import Crypto
import MCPProtocol

/// What all sessions share.
@LoopActor
final class Server {
    /// A longer memory than any test needs, and still a bound.
    private static let maxRememberedCancellations = 100_000

    let options: ServerOptions
    let catalogue: ToolCatalogue
    let resources: ResourceCatalogue
    let prompts: PromptCatalogue
    /// `nil` when nobody wants a record.
    let recorder: Recorder?
    var statistics = Statistics()
    /// What became of the last question that was asked outside of calls.
    var lateQuestionOutcome = JSONValue.null
    private(set) var runningCalls = 0
    /// Ids of the requests that clients have taken back, whether they were running or not, as JSON.
    private(set) var cancelledRequests: [RawJSON] = []
    private var visitedURLs: Set<String> = []
    private var sessions: [ObjectIdentifier: any ServerObserver] = [:]
    /// Set by a transport that has sessions to forget.
    var forgetSessions: (@LoopActor () -> Int)?
    /// Which revisions are spoken now.
    private(set) var era: Era
    private var requests = 0
    private var probes = 0
    /// The revisions whose requests describe themselves.
    private(set) lazy var modern = ModernService(server: self)
    /// Seals what clients carry from one round of a request to the next.
    let stateKey: MessageAuthenticationKey
    private var hasPrintedLongLine = false
    private var lastNumber = 0

    init(options: ServerOptions) throws(OptionError) {
        self.options = options
        era = options.era
        do {
            stateKey =
                if let key = options.stateKey {
                    try MessageAuthenticationKey(bytes: Array(key.utf8))
                } else {
                    try MessageAuthenticationKey()
                }
        } catch {
            throw OptionError("cannot make a key: \(error)")
        }
        recorder = if let path = options.recordPath { try Recorder(path: path) } else { nil }
        let pages = PageCutter(size: options.pageSize, fault: options.pageFault)
        catalogue = ToolCatalogue(options: options, pages: pages)
        resources = ResourceCatalogue(generated: options.generatedResources, pages: pages)
        prompts = PromptCatalogue(pages: pages)
        if let period = options.flapPeriod { flap(every: period) }
    }

    func add(_ session: any ServerObserver) { sessions[ObjectIdentifier(session)] = session }

    func remove(_ session: any ServerObserver) { sessions[ObjectIdentifier(session)] = nil }

    /// A number that nothing else in this process has.
    func makeNumber() -> Int {
        lastNumber += 1
        return lastNumber
    }

    func callStarted() { runningCalls += 1 }

    func callEnded() { runningCalls -= 1 }

    /// Whether the user was to visit a URL before; from now on that is so.
    func hasSentUser(to url: String) -> Bool {
        if visitedURLs.contains(url) { return true }
        if visitedURLs.count < Self.maxRememberedCancellations { visitedURLs.insert(url) }
        return false
    }

    func rememberCancellation(of id: RawJSON) {
        if cancelledRequests.count == Self.maxRememberedCancellations { cancelledRequests.removeFirst() }
        // A copy: the value would keep the whole message it came in.
        cancelledRequests.append(id.detached())
    }

    // MARK: Eras

    /// What `server/discover` lists, newest first.
    var supportedVersions: [String] {
        let modern = era.hasModern ? [ModernService.revision] : []
        let legacy = era.hasLegacy ? ProtocolRevision.legacy.filter { $0 <= options.newestRevision } : []
        return modern.map(\.rawValue) + legacy.reversed().map(\.rawValue)
    }

    /// A request has come: after as many as the options say, the server is one of the other era, as if its program had
    /// been replaced.
    func countRequest() {
        if requests == options.requestsBeforeEraChange {
            era = era.other
            _ = expireSessions()
        }
        requests += 1
    }

    /// What is wrong with the answer to this probe; `nil` if it gets its answer.
    func takeProbeFault() -> ProbeFault? {
        probes += 1
        guard let limit = options.faultyProbes else { return options.probeFault }
        return probes <= limit ? options.probeFault : nil
    }

    /// Whether what has come belongs to the revisions whose requests describe themselves.
    ///
    /// - Parameter version: of the header `MCP-Protocol-Version`.
    func isModern(_ payload: JSONRPCPayload, version: String? = nil) -> Bool {
        guard era.hasModern else { return false }
        guard era.hasLegacy else { return true }
        let names = version.map { $0 >= ModernService.revision.rawValue && $0.first?.isNumber == true } ?? false
        switch payload {
        case .single(.request(let request)):
            if ModernEnvelope.isClaimed(in: request.params) { return true }
            if request.method == InitializeRequest.method { return false }
            return names || ["server/discover", SubscriptionFilter.method].contains(request.method)
        case .single(.notification(let notification)):
            return names || ModernEnvelope.isClaimed(in: notification.params)
        case .single(.response): return false
        case .batch(let entries):
            return entries.contains { entry in
                guard case .success(.request(let request)) = entry else { return false }
                return ModernEnvelope.isClaimed(in: request.params)
            }
        }
    }

    // MARK: Changes

    func announceChange(of list: ListKind) {
        for session in sessions.values { session.listDidChange(list) }
    }

    /// - Returns: whether the tool is listed now.
    func toggleChangingTool() -> Bool {
        let isListed = catalogue.toggleChangingTool()
        announceChange(of: .tools)
        return isListed
    }

    func updateResource(_ uri: String) {
        resources.countUpdate(of: uri)
        for session in sessions.values { session.resourceDidUpdate(uri) }
    }

    /// The URIs that clients have subscribed to, sorted; one of them as often as there are sessions that have.
    var subscriptions: [String] { sessions.values.flatMap(\.subscriptions).sorted() }

    private func flap(every period: Duration) {
        LoopActor.start { [weak self] in
            while true {
                try await LoopActor.loop.sleep(for: period)
                guard let self else { return }
                _ = toggleChangingTool()
            }
        }
    }

    // MARK: Misbehaviour

    /// - Returns: how many sessions were forgotten.
    func expireSessions() -> Int { forgetSessions?() ?? 0 }

    /// The bytes of the line that ``ServerOptions/longLineBytes`` asks for, the first time.
    func takeLongLine() -> Int? {
        guard !hasPrintedLongLine else { return nil }
        hasPrintedLongLine = true
        return options.longLineBytes
    }
}
