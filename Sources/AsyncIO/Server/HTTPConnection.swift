/// One client's connection, from its accept to its close: reads a request, has it answered, reads the next.
///
/// A task does that while there is something to do. A task keeps the most memory it ever needed until it ends, so none
/// waits for long: a connection without a request, or with a detached stream, is this object alone.
actor HTTPConnection {
    private enum Phase {
        case busy
        /// The task waits, and no byte of a next request has come.
        case idle
        /// The task waits, and the beginning of a head has come.
        case receivingHead
        /// No task; the next byte starts one.
        case parked
        /// No task; a detached stream's end decides what comes next.
        case streaming
        case ended
    }

    /// What a task leaves behind.
    private enum Outcome {
        case parked
        case streaming(HTTPEventStream)
        case linger
        case close
    }

    private let server: HTTPServerLoop
    private let stream: IOStream
    private let wire: HTTPWire
    private let remoteAddress: SocketAddress?
    private let listenerAddress: SocketAddress
    private nonisolated let loop: EventLoop

    private var phase = Phase.busy
    private var task: Task<Void, Never>?
    private var events: HTTPEventStream?
    /// When the present phase must be over.
    private var deadline = MonotonicInstant.distantFuture
    /// When a task that waits for a request has waited long enough.
    private var parkTime = MonotonicInstant.distantFuture
    private var isParking = false
    /// One timer serves many deadlines: it is not moved when the deadline moves away, but looks again when it fires.
    private var timer: (token: TimerToken, at: MonotonicInstant)?

    /// Requests answered without a wait before other connections get their turn.
    private static let maxRequestsInARow = 64
    private static let parkTickNanoseconds: Int64 = 10_000_000

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(_ accepted: Listener.Accepted, listener: SocketAddress, server: HTTPServerLoop) {
        self.server = server
        loop = server.loop
        stream = accepted.stream
        remoteAddress = accepted.peer
        listenerAddress = listener
        wire = HTTPWire(stream: accepted.stream, server: server)
    }

    func start() {
        stream.disableDelay()
        park()
    }

    var hasTask: Bool { task != nil }

    // MARK: Without a task

    private func park() {
        isParking = false
        if stream.isClosed || (server.isDraining && wire.isBetweenRequests) { return end() }
        // From a wait for a request the deadline is known already.
        if phase != .idle { deadline = server.limits.idleTimeout.map { .now + $0 } ?? .distantFuture }
        parkTime = .distantFuture
        phase = .parked
        wire.releaseUsedInput()
        arm()
        awaitBytes()
    }

    private func awaitBytes() {
        stream.notifyReadable { [self] in assumeIsolated { $0.bytesArrived() } }
    }

    private func bytesArrived() {
        guard phase == .parked else { return }
        do throws(IOStreamError) {
            switch try wire.fillNow() {
            case .bytes: run { await $0.answerRequests() }
            case .nothing: awaitBytes()
            case .endOfStream: end()
            }
        } catch {
            // Reset by the client.
            end()
        }
    }

    private func hold(_ events: HTTPEventStream) {
        phase = .streaming
        self.events = events
        wire.releaseUsedInput()
        events.whenEnded { [self] conclusion in assumeIsolated { $0.streamEnded(conclusion) } }
        if stream.isClosed {
            // Cut while the handler was busy; the stream may wait for a client that it can no longer reach.
            events.cut()
        } else if server.isDraining {
            events.close()
        }
    }

    private func streamEnded(_ conclusion: HTTPExchange.Conclusion) {
        guard phase == .streaming else { return }
        events = nil
        switch conclusion {
        case .next where wire.hasUnparsedInput: run { await $0.answerRequests() }
        case .next: park()
        case .linger: run { _ in .linger }
        case .close, .detached: end()
        }
    }

    private func end() {
        guard phase != .ended else { return }
        phase = .ended
        if let timer { loop.cancel(timer.token) }
        timer = nil
        stream.close()
        server.ended(self)
    }

    // MARK: With a task

    private func run(_ work: @escaping @Sendable (isolated HTTPConnection) async -> Outcome) {
        phase = .busy
        task = Task(executorPreference: loop) { await self.serve(work) }
    }

    private func serve(_ work: @Sendable (isolated HTTPConnection) async -> Outcome) async {
        let outcome = await work(self)
        if case .linger = outcome, !stream.isClosed {
            await stream.linger(until: .now + server.limits.lingerTimeout)
        }
        task = nil
        switch outcome {
        case .parked: park()
        case .streaming(let events): hold(events)
        case .linger, .close: end()
        }
    }

    private func answerRequests() async -> Outcome {
        var inARow = 0
        while true {
            let exchange: HTTPExchange
            do throws(HTTPParseError) {
                guard let next = try await nextExchange() else { return isParking ? .parked : .close }
                exchange = next
            } catch {
                phase = .busy
                server.counters.countMalformed()
                await refuse(HTTPProblem(error))
                return .linger
            }
            if exchange.head.expectation == .unknown {
                await exchange.respond(HTTPProblem(.expectationFailed, detail: "only 100-continue can be expected"))
            } else {
                await server.handler.handle(exchange)
            }
            switch await exchange.conclude() {
            case .next: break
            case .linger: return .linger
            case .close: return .close
            case .detached(let stream): return .streaming(stream)
            }
            inARow += 1
            if inARow % Self.maxRequestsInARow == 0 { await Task.yield() }
        }
    }

    /// Waits for the next request.
    ///
    /// - Returns: `nil` if there will be none, or not for a while: `isParking` tells.
    private func nextExchange() async throws(HTTPParseError) -> HTTPExchange? {
        while true {
            if let exchange = try makeExchange() {
                phase = .busy
                return exchange
            }
            let isIdle = wire.isBetweenRequests
            if isIdle, server.isDraining { return nil }
            wait(in: isIdle ? .idle : .receivingHead)
            do throws(IOStreamError) {
                guard try await wire.fill() else { return nil }
            } catch {
                // Reset by the client, closed by the deadline or a drain, which have done all there was to do, or told
                // to stop waiting.
                return nil
            }
        }
    }

    // A function of its own, so that the head is not kept in the frame of one that waits: an idle connection keeps
    // those frames.
    @inline(never)
    private func makeExchange() throws(HTTPParseError) -> HTTPExchange? {
        guard let head = try wire.parseHead() else { return nil }
        return HTTPExchange(head: head, remoteAddress: remoteAddress, listenerAddress: listenerAddress, wire: wire)
    }

    private func refuse(_ problem: HTTPProblem) async {
        let body = problem.body
        do throws(HTTPWriteError) {
            try await wire.send(body[...]) { encode(problem.head, length: body.count, into: &$0) }
        } catch {
            // The client is gone; so is the connection.
        }
    }

    private func encode(_ head: HTTPResponseHead, length: Int, into bytes: inout [UInt8]) {
        head.encode(into: &bytes, framing: .length(length), connection: .close, date: server.currentDate())
    }

    // MARK: Deadlines

    private func wait(in next: Phase) {
        // Bytes that drip in do not extend the deadline for the whole head.
        if phase == .receivingHead, next == .receivingHead { return }
        phase = next
        let now = MonotonicInstant.now
        let limit = next == .idle ? server.limits.idleTimeout : server.limits.headerTimeout
        deadline = limit.map { now + $0 } ?? .distantFuture
        parkTime = next == .idle ? parkTime(after: now) : .distantFuture
        arm()
    }

    /// Later than asked by up to one tick, which many connections share: each would wake an idle loop for itself.
    private func parkTime(after now: MonotonicInstant) -> MonotonicInstant {
        let earliest = now + server.limits.taskIdleTime
        let beyond = earliest.nanoseconds % Self.parkTickNanoseconds
        return earliest + .nanoseconds(Self.parkTickNanoseconds - beyond)
    }

    private func arm() {
        let next = min(deadline, parkTime)
        if next == .distantFuture { return }
        if let timer {
            if timer.at <= next { return }
            loop.cancel(timer.token)
        }
        // The timer is cancelled at the connection's end, so it keeps nothing alive.
        let token = loop.schedule(at: next) { [self] in assumeIsolated { $0.timerFired() } }
        timer = (token, next)
    }

    private func timerFired() {
        timer = nil
        switch phase {
        case .busy, .streaming, .ended: return
        case .idle, .receivingHead, .parked: break
        }
        let now = MonotonicInstant.now
        if now >= deadline { return timedOut() }
        if now >= parkTime {
            // A task that is just about to go on is left alone.
            isParking = stream.interruptRead()
            parkTime = isParking ? .distantFuture : parkTime(after: now)
        }
        arm()
    }

    private func timedOut() {
        if phase == .parked { return end() }
        if phase == .receivingHead {
            server.counters.countTimedOut()
            let problem = HTTPProblem(.requestTimeout, detail: "the request's head did not arrive in time")
            let body = problem.body
            var bytes: [UInt8] = []
            encode(problem.head, length: body.count, into: &bytes)
            bytes.append(contentsOf: body)
            // Everything the client sent has been read, so the close that follows does not reset the connection, and
            // the kernel delivers these bytes. If it does not take them the client reads nothing, and gets nothing.
            do throws(IOStreamError) { _ = try stream.writeNow(bytes[...]) } catch { return wire.cut() }
        }
        // The task that waits in a read finds the stream closed.
        wire.cut()
    }

    // MARK: The server's end

    /// Ends what waits for nothing in particular; a request in progress goes on.
    func drain() {
        switch phase {
        case .idle: wire.cut()
        case .parked: end()
        case .streaming: events?.close()
        case .busy, .receivingHead, .ended: break
        }
    }

    /// Ends the connection at once, and cancels the handler that is busy with it.
    func cut() {
        switch phase {
        case .parked: end()
        case .streaming: events?.cut()
        case .busy, .idle, .receivingHead, .ended:
            wire.cut()
            task?.cancel()
        }
    }
}
