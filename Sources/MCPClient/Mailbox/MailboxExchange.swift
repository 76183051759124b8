import AsyncIO
import MCPProtocol

/// A request in progress on a connection that carries everything on one channel (stdio, HTTP+SSE). Lives on the
/// connection's loop; the connection delivers to it.
actor MailboxExchange: MCPExchange {
    nonisolated let id: Int64
    /// Whether a log message may be about the request.
    nonisolated let takesLogs: Bool
    private nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// Events the caller has not taken yet. A flood of notifications must not stop the channel, which others share, so
    /// beyond this many the oldest go.
    static let maxWaitingEvents = 1024

    private let abandon: @Sendable (_ reason: String?) -> Void
    private let signal: LoopSignal
    private var events: [ExchangeEvent] = []
    private var nextEvent = 0
    private var failure: MCPClientError?
    private var isOver = false
    private(set) var droppedEvents = 0

    /// - Parameter abandon: makes the connection forget the request and, with a reason, tell the server. Called on the
    ///   loop, at most once.
    init(id: Int64, loop: EventLoop, takesLogs: Bool = true, abandon: @escaping @Sendable (_ reason: String?) -> Void) {
        self.id = id
        self.takesLogs = takesLogs
        self.abandon = abandon
        self.loop = loop
        signal = LoopSignal(loop: loop)
    }

    func deliver(_ event: ExchangeEvent) {
        guard !isOver else { return }
        if events.count - nextEvent >= Self.maxWaitingEvents, case .notification = event {
            nextEvent += 1
            droppedEvents += 1
            // Now and then, so that it costs little: what was dropped must not be kept while nobody reads.
            if nextEvent >= Self.maxWaitingEvents {
                events.removeFirst(nextEvent)
                nextEvent = 0
            }
        }
        events.append(event)
        signal.signal()
    }

    func fail(_ error: MCPClientError) {
        guard !isOver, failure == nil else { return }
        failure = error
        signal.signal()
    }

    func next(until deadline: MonotonicInstant) async throws(MCPClientError) -> ExchangeEvent {
        while true {
            if nextEvent < events.count {
                let event = events[nextEvent]
                nextEvent += 1
                if nextEvent == events.count {
                    events.removeAll(keepingCapacity: true)
                    nextEvent = 0
                }
                if case .notification = event {} else { isOver = true }
                return event
            }
            if let failure {
                isOver = true
                throw failure
            }
            if isOver { throw .givenUp }
            switch await signal.wait(until: deadline) {
            case .signalled: continue
            case .timedOut:
                throw MCPClientError(.timedOut, "no answer in time", mayHaveExecuted: true)
            case .cancelled:
                throw MCPClientError(.cancelled, "cancelled", mayHaveExecuted: true)
            }
        }
    }

    func cancel(reason: String) {
        guard !isOver else { return }
        isOver = true
        events = []
        nextEvent = 0
        signal.signal()
        abandon(failure == nil ? reason : nil)
    }
}
