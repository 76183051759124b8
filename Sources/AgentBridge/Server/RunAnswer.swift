import AsyncIO
import MCPProtocol
import Synchronization

/// Whether a run still belongs to the request that is being answered. Once it waits for another, it has no connection
/// that it could lose.
final class RunLease: Sendable {
    private let isOver = Atomic<Bool>(false)

    func end() { isOver.store(true, ordering: .releasing) }

    /// Ends the run, as long as it belongs to this request.
    func cancel(_ run: OngoingRun) {
        if !isOver.load(ordering: .acquiring) { run.task.cancel() }
    }
}

/// Writes the answer to one request from what a run tells, streamed or whole: until the run ends, or waits for a person.
struct RunAnswer: Sendable {
    enum End: Sendable {
        /// The run is over, or of no use to this caller any more.
        case ended
        /// The run waits, and another request will go on with it. Its slot is free already.
        case parked
    }

    let hub: AgentHub
    let form: AnswerForm
    let run: OngoingRun
    let lease: RunLease
    let reply: Reply
    let isStreaming: Bool

    /// After this long a silence a stream gets a sign of life.
    static let heartbeat = Duration.seconds(15)

    nonisolated(nonsending) func write(_ maker: DeltaMaker, to exchange: HTTPExchange) async -> End {
        if isStreaming { await stream(maker, exchange) } else { await block(maker, exchange) }
    }

    /// Leaves the run to wait, if the question is still open.
    private func park(_ summary: RunSummary, _ maker: DeltaMaker) -> Bool {
        guard let question = summary.interruption else { return false }
        var parked = run
        parked.question = question
        parked.openCalls = maker.openCalls
        parked.reported = summary
        guard hub.parked.park(parked, until: question.id) else { return false }
        // Before the question is on its way: the caller may be back before this answer is over.
        lease.end()
        hub.registry.leave(run.request.runID)
        return true
    }

    /// What a failure is to the caller: a run that was cancelled because the server stops says so.
    private func told(_ failure: RunFailure) -> RunFailure {
        failure == .cancelled && hub.registry.isAborted ? .shuttingDown : failure
    }

    private func told(_ summary: RunSummary) -> RunSummary { summary.since(run.reported) }

    private nonisolated(nonsending) func block(_ maker: DeltaMaker, _ exchange: HTTPExchange) async -> End {
        var maker = maker
        var answer = BlockAnswer()
        for delta in maker.begin() { answer.merge(delta) }
        while true {
            switch await run.feed.next(until: .distantFuture) {
            case .silence: continue
            case .cancelled: return .ended
            case .event(.interrupted(let summary)):
                guard park(summary, maker) else { continue }
                for delta in maker.deltas(for: .interrupted(summary)) { answer.merge(delta) }
                await reply.send(answer.encode(form, told(summary)), to: exchange)
                return .parked
            case .event(let event):
                for delta in maker.deltas(for: event) { answer.merge(delta) }
                switch event {
                case .finished(let summary):
                    await reply.send(answer.encode(form, told(summary)), to: exchange)
                    return .ended
                case .failed(let failure):
                    if !exchange.isDisconnected { await reply.send(told(failure), to: exchange) }
                    return .ended
                default: continue
                }
            }
        }
    }

    private nonisolated(nonsending) func stream(_ maker: DeltaMaker, _ exchange: HTTPExchange) async -> End {
        var maker = maker
        let encoder = StreamEncoder(form)
        // The status is held back until there is something to say, so that an early failure is a real HTTP error.
        var writer: HTTPBodyWriter?
        var parkedID: String?
        do throws(HTTPWriteError) {
            let first = maker.begin()
            if !first.isEmpty {
                writer = await begin(encoder, exchange)
                for delta in first { try await writer?.write(encoder.chunk(delta)) }
            }
            while true {
                switch await run.feed.next(until: .now + Self.heartbeat) {
                case .cancelled: return .ended
                case .silence:
                    if writer == nil { writer = await begin(encoder, exchange) }
                    try await writer?.write(StreamEncoder.ping)
                case .event(let event):
                    if case .interrupted(let summary) = event {
                        guard park(summary, maker) else { continue }
                        parkedID = summary.interruption?.id
                    }
                    let deltas = maker.deltas(for: event)
                    if writer == nil, !deltas.isEmpty || event.showsLife { writer = await begin(encoder, exchange) }
                    for delta in deltas { try await writer?.write(encoder.chunk(delta)) }
                    switch event {
                    case .finished(let summary), .interrupted(let summary):
                        for chunk in encoder.end(told(summary)) { try await writer?.write(chunk) }
                        await writer?.finish()
                        return parkedID == nil ? .ended : .parked
                    case .failed(let failure):
                        try await fail(failure, writer, &maker, encoder, exchange)
                        return .ended
                    default: continue
                    }
                }
            }
        } catch {
            // The client is gone or does not read; the run ends with the answer.
            hub.log.debug("answer not taken", ["request_id": reply.requestID, "reason": error.description])
            guard let parkedID else { return .ended }
            hub.parked.expire(parkedID)
            return .parked
        }
    }

    private nonisolated(nonsending) func fail(
        _ failure: RunFailure, _ writer: HTTPBodyWriter?, _ maker: inout DeltaMaker, _ encoder: StreamEncoder,
        _ exchange: HTTPExchange
    ) async throws(HTTPWriteError) {
        if exchange.isDisconnected { return }
        guard let writer else { return await reply.send(told(failure), to: exchange) }
        for delta in maker.closeStages() { try await writer.write(encoder.chunk(delta)) }
        let body = ErrorAnswer.body(told(failure), requestID: reply.requestID, isDIAL: reply.isDIAL)
        for chunk in StreamEncoder.end(body) { try await writer.write(chunk) }
        await writer.finish()
    }

    private nonisolated(nonsending) func begin(
        _ encoder: StreamEncoder, _ exchange: HTTPExchange
    ) async -> HTTPBodyWriter {
        var head = reply.head(.ok, type: "text/event-stream")
        head.headers.add("Cache-Control", "no-cache")
        head.headers.add("X-Accel-Buffering", "no")
        return await exchange.startStream(head, first: encoder.chunk(.role)[...])
    }
}

extension RunEvent {
    /// Whether a streamed answer begins with this, even where it adds nothing to it.
    fileprivate var showsLife: Bool {
        switch self {
        case .text, .toolStarted, .finished, .interrupted: true
        default: false
        }
    }
}
