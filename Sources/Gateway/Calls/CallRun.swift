import AsyncIO
import MCPClient
import MCPProtocol

/// One upstream call in progress: a state machine that knows nothing of the client's era or transport.
///
/// A front waits on ``next()`` until the run has finished. However it ends (answered, timed out, cancelled, server
/// gone), it leaves nothing behind, neither here nor at the server.
package actor CallRun {
    private enum State {
        case waiting
        case running(any MCPExchange, any MCPConnection)
        case over
    }

    package nonisolated let loop: EventLoop
    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    package nonisolated let tool: CatalogTool

    private let upstream: Upstream
    private let allCalls: CallGate
    private let params: CallToolParams
    private let budget: CallBudget
    /// The client's own progress token, exactly as it wrote it; `nil` if it wants no progress.
    private let clientToken: RawJSON?
    private let start = MonotonicInstant.now

    private var state = State.waiting
    private var lastSign: MonotonicInstant?
    private var lastProgress: Double?
    private var hasReplayed = false
    private var isCancelled = false
    private var holdsPlace = false
    /// The wait for a connection being made, which may be long.
    private var connecting: Task<Result<any MCPConnection, UpstreamFailure>, Never>?

    /// - Parameter params: those of the client's `tools/call`.
    package init(tool: CatalogTool, params: CallToolParams, upstream: Upstream, allCalls: CallGate, loop: EventLoop) {
        self.allCalls = allCalls
        self.tool = tool
        self.params = params
        self.upstream = upstream
        self.loop = loop
        budget = CallBudget(upstream.configuration.timeouts, override: tool.timeout)
        clientToken = params.progressToken
    }

    deinit {
        // A front that forgot the run must not cost the server a place.
        if holdsPlace {
            upstream.meter.leave(after: MonotonicInstant.now - start, failed: true)
            allCalls.leave()
        }
    }

    /// Waits for the next thing the client should know.
    package func next() async -> RunEvent {
        while true {
            if isCancelled {
                // Cancelled while the exchange was being begun.
                if case .running(let exchange, _) = state { await exchange.cancel(reason: "cancelled") }
                return end(.cancelled)
            }
            do throws(UpstreamFailure) {
                switch state {
                case .waiting: try await begin()
                case .running(let exchange, let connection):
                    if let event = try await advance(exchange, connection) { return event }
                case .over: return .finished(.cancelled)
                }
            } catch {
                return end(isCancelled ? .cancelled : .failed(error))
            }
        }
    }

    /// Gives the call up and tells the server. Of no effect once it has finished.
    package func cancel(reason: String) async {
        guard !isCancelled else { return }
        switch state {
        case .over: return
        case .waiting:
            isCancelled = true
            connecting?.cancel()
        case .running(let exchange, _):
            isCancelled = true
            await exchange.cancel(reason: reason)
        }
    }

    private func end(_ outcome: RunOutcome) -> RunEvent {
        state = .over
        if holdsPlace {
            holdsPlace = false
            let failed =
                switch outcome {
                case .failed, .cancelled: true
                case .result, .error, .stream: false
                }
            upstream.meter.leave(after: MonotonicInstant.now - start, failed: failed)
            allCalls.leave()
        }
        return .finished(outcome)
    }

    // MARK: Steps

    private func begin() async throws(UpstreamFailure) {
        let configuration = upstream.configuration
        if !holdsPlace {
            guard allCalls.enter() else {
                throw UpstreamFailure(
                    server: configuration.name, stage: "limit",
                    detail:
                        "\(allCalls.limit) calls are in flight, which is the limit of the gateway (limits.maxInFlight)",
                    isRetryable: true)
            }
            guard upstream.meter.enter(limit: configuration.maxInFlight) else {
                allCalls.leave()
                throw UpstreamFailure(
                    server: configuration.name, stage: "limit",
                    detail: "\(configuration.maxInFlight) calls are in flight, which is its limit (maxInFlight)",
                    isRetryable: true)
            }
            holdsPlace = true
        }
        let connection: any MCPConnection
        if let ready = upstream.connection {
            connection = ready
        } else {
            connection = try await waitForConnection()
            guard !isCancelled else { return }
        }
        let id = connection.makeRequestID()
        // A token is set even where the client wants no progress: signs of life keep a long call from being given up.
        let upstreamParams = params.forwarded(quotedName: tool.quotedOriginalName, progressToken: id)
        do throws(MCPClientError) {
            let exchange = try await connection.begin(
                id: id, method: "tools/call", params: upstreamParams, on: loop)
            state = .running(exchange, connection)
        } catch {
            try await recover(from: error, connection)
        }
    }

    private func waitForConnection() async throws(UpstreamFailure) -> any MCPConnection {
        let deadline = budget.deadline(start: start, lastSign: nil)
        let upstream = self.upstream
        // A task of its own, so that cancelling the call ends the wait.
        let task = Task(executorPreference: loop) { () -> Result<any MCPConnection, UpstreamFailure> in
            do throws(UpstreamFailure) {
                return .success(try await upstream.waitForConnection(until: deadline))
            } catch {
                return .failure(error)
            }
        }
        connecting = task
        defer { connecting = nil }
        let outcome = await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }
        if case .failure(let failure) = outcome, failure.stage == "connect", MonotonicInstant.now >= deadline {
            let (_, words) = budget.exceeded(start: start, lastSign: nil, now: .now)
            throw UpstreamFailure(
                server: failure.server, stage: "connect", detail: "\(failure.detail): \(words)", isRetryable: true)
        }
        return try outcome.get()
    }

    private func advance(
        _ exchange: any MCPExchange, _ connection: any MCPConnection
    ) async throws(UpstreamFailure) -> RunEvent? {
        let event: ExchangeEvent
        do throws(MCPClientError) {
            event = try await exchange.next(until: budget.deadline(start: start, lastSign: lastSign))
        } catch {
            guard error.kind == .timedOut else {
                if error.kind == .cancelled { await exchange.cancel(reason: "cancelled") }
                try await recover(from: error, connection)
                return nil
            }
            let (stage, words) = budget.exceeded(start: start, lastSign: lastSign, now: .now)
            await exchange.cancel(reason: words)
            throw UpstreamFailure(
                server: upstream.configuration.name, stage: stage, detail: words, isRetryable: false)
        }
        lastSign = .now
        switch event {
        case .notification(let notification):
            return translate(notification).map { .notification(method: notification.method, params: $0) }
        case .request(let request):
            await connection.passOn(.request(request))
            return nil
        case .response(let response):
            switch response.outcome {
            case .result(let result): return end(.result(result))
            case .error(let error): return end(.error(error))
            }
        case .stream(let stream):
            return end(.stream(handOver(stream)))
        }
    }

    /// The rest of a large answer, with the call's budgets and its place.
    private func handOver(_ stream: any OutcomeStream) -> RunStream {
        holdsPlace = false
        let (meter, allCalls, start) = (upstream.meter, allCalls, start)
        return RunStream(stream, budget: budget, start: start, loop: loop) { failed in
            meter.leave(after: MonotonicInstant.now - start, failed: failed)
            allCalls.leave()
        }
    }

    /// Sends the call once more where it was certainly not executed, and only then.
    private func recover(
        from error: MCPClientError, _ connection: any MCPConnection
    ) async throws(UpstreamFailure) {
        state = .waiting
        switch error.kind {
        case .sessionExpired, .connectionFailed: await upstream.replace(connection, because: error)
        // One broken HTTP connection is not the end of a session that others use; a broken pipe is.
        case .closed where connection.processID != nil: await upstream.replace(connection, because: error)
        default: break
        }
        guard !error.mayHaveExecuted, !hasReplayed, !isCancelled,
            error.kind == .sessionExpired || error.kind == .connectionFailed
        else { throw UpstreamFailure(server: upstream.configuration.name, error) }
        hasReplayed = true
    }

    // MARK: Translation

    /// The params for the client; `nil` if it should not see the notification.
    private func translate(_ notification: JSONRPCNotification) -> RawJSON? {
        guard let params = notification.params, params.kind == .object else { return nil }
        guard notification.method == "notifications/progress" else { return params }
        guard let clientToken, let progress = params.member("progress")?.doubleValue else { return nil }
        // Progress must increase (MCP, Progress, "Behavior Requirements").
        if let lastProgress, progress <= lastProgress { return nil }
        lastProgress = progress
        return RawJSON(unchecked: params.replacingMembers([("progressToken", Array(clientToken.bytes))])[...])
    }
}
