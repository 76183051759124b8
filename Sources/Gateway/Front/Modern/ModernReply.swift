import AsyncIO
import MCPClient
import MCPProtocol

/// Answers one request of 2026-07-28 over HTTP: as one JSON text when nothing comes before the answer, else as a stream of
/// events that belongs to this request alone and cannot be resumed.
// Unchecked: `stream`, `isOver` and `onGone` are used on the loop of the exchange only; what comes from elsewhere hops
// there.
final class ModernReply: Reply, @unchecked Sendable {
    private let exchange: HTTPExchange
    private let id: RequestID
    private let accepts: AcceptedAnswers
    private let limits: LimitsConfiguration
    private let ownLoop: EventLoop
    private var stream: EventChannel?
    private var isOver = false
    private var onGone: (@Sendable () -> Void)?

    init(_ exchange: HTTPExchange, id: RequestID, accepts: AcceptedAnswers, limits: LimitsConfiguration) {
        self.exchange = exchange
        self.id = id
        self.accepts = accepts
        self.limits = limits
        ownLoop = exchange.loop
    }

    /// Calls `body`, at most once, when the client goes away before it has its answer.
    func whenGone(_ body: @escaping @Sendable () -> Void) {
        onGone = body
        exchange.onDisconnect { [self] in gone() }
    }

    private func gone() {
        guard !isOver, let onGone else { return }
        self.onGone = nil
        onGone()
    }

    var loop: EventLoop? { ownLoop }
    var takesMessages: Bool { accepts.events }
    var channel: any FrontChannel { open() }

    private func open() -> EventChannel {
        if let stream { return stream }
        let channel = EventChannel(HTTPEventStream(loop: ownLoop, maxBacklogBytes: limits.maxStreamBacklogBytes))
        stream = channel
        exchange.detachStream(
            LegacyEndpoint.eventHead(), to: channel.events, keepAlive: limits.streamKeepAlive
        ) { [self] _ in gone() }
        return channel
    }

    func push(_ message: [UInt8]) {
        guard accepts.events else { return }
        onLoop { [self] in if !isOver { open().push(message) } }
    }

    private func onLoop(_ body: @escaping @Sendable () -> Void) {
        if ownLoop.isCurrent { body() } else { ownLoop.execute(body) }
    }

    func room() async { await stream?.room() }

    func waitLong() {
        if accepts.events, !isOver { _ = open() }
    }

    func send(_ message: [UInt8], as status: HTTPStatus) async {
        isOver = true
        if let stream { stream.finish(with: message) } else { await exchange.answer(message, as: status, accepts) }
    }

    func endWithoutAnswer() async {
        isOver = true
        // Of a client that is gone there is nobody to answer, and the server ends the connection by itself.
        stream?.close()
    }

    // MARK: Large answers

    func pass(_ outcome: any OutcomeStream) async -> String? {
        defer { isOver = true }
        let pieces = OutcomePieces(outcome, answering: id)
        guard let stream else { return await pieces.write(to: exchange, accepts) }
        let problem = await pieces.push(to: stream.events)
        stream.close()
        return problem
    }
}
