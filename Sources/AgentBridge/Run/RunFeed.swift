import AsyncIO

/// What goes from a run to whoever writes its answer: a queue with a bound, on the connection's loop.
///
/// A writer that does not keep up holds the run back, and through it the model's server.
actor RunFeed {
    enum Next: Sendable {
        case event(RunEvent)
        /// Nothing came until the deadline.
        case silence
        /// The task that asked is cancelled.
        case cancelled
    }

    static let maxBytes = 1 << 20

    private nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private var events: [RunEvent] = []
    private var head = 0
    private var bytes = 0
    private let arrival: LoopSignal
    /// Whoever waits for room, in order.
    private var producers: [LoopSignal] = []
    /// Nobody reads any more: everything is dropped.
    private var isAbandoned = false

    init(on loop: EventLoop) {
        self.loop = loop
        arrival = LoopSignal(loop: loop)
    }

    /// Adds an event, and waits while more is queued than may be.
    func push(_ event: RunEvent) async {
        guard !isAbandoned else { return }
        events.append(event)
        bytes += Self.size(event)
        arrival.signal()
        while bytes > Self.maxBytes, !isAbandoned {
            let room = LoopSignal(loop: loop)
            producers.append(room)
            let wake = await room.wait()
            producers.removeAll { $0 === room }
            if wake == .cancelled { return }
        }
    }

    func next(until deadline: MonotonicInstant) async -> Next {
        while head == events.count {
            switch await arrival.wait(until: deadline) {
            case .signalled: continue
            case .timedOut: return .silence
            case .cancelled: return .cancelled
            }
        }
        let event = events[head]
        head += 1
        bytes -= Self.size(event)
        if head == events.count {
            events.removeAll(keepingCapacity: events.capacity < 64)
            head = 0
        }
        if bytes <= Self.maxBytes / 2 { for producer in producers { producer.signal() } }
        return .event(event)
    }

    /// Lets the run go on without anybody listening.
    func abandon() {
        isAbandoned = true
        events = []
        head = 0
        bytes = 0
        for producer in producers { producer.signal() }
    }

    private static func size(_ event: RunEvent) -> Int {
        switch event {
        case .text(let value), .reasoning(let value), .attachment(let value): value.bytes.count + 64
        case .toolStarted(let start): start.arguments.utf8.count + 128
        case .toolProgress(_, let text): text.utf8.count + 64
        case .toolEnded(let end): end.text.utf8.count + 128
        case .usage, .interrupted, .finished, .failed: 64
        }
    }
}
