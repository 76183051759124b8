/// One client's connection, from its accept to its close: reads a request, has it answered, reads the next.
actor HTTPConnection {
    private enum Phase {
        case busy
        /// No byte of a next request has come.
        case idle
        /// The beginning of a head has come.
        case receivingHead
    }

    private let server: HTTPServerLoop
    private let stream: IOStream
    private let wire: HTTPWire
    private let remoteAddress: SocketAddress?
    private let listenerAddress: SocketAddress
    private nonisolated let loop: EventLoop

    private var phase = Phase.busy
    /// When the present phase must be over.
    private var deadline = MonotonicInstant.distantFuture
    /// One timer serves many deadlines: it is not moved when the deadline moves away, but looks again when it fires.
    private var timer: (token: TimerToken, at: MonotonicInstant)?

    /// Requests answered without a wait before other connections get their turn.
    private static let maxRequestsInARow = 64

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(_ accepted: Listener.Accepted, listener: SocketAddress, server: HTTPServerLoop) {
        self.server = server
        loop = server.loop
        stream = accepted.stream
        remoteAddress = accepted.peer
        listenerAddress = listener
        wire = HTTPWire(stream: accepted.stream, server: server)
    }

    func serve() async {
        stream.disableDelay()
        if await answerRequests() == .linger, !stream.isClosed {
            await stream.linger(until: .now + server.limits.lingerTimeout)
        }
        if let timer { loop.cancel(timer.token) }
        timer = nil
        stream.close()
    }

    private func answerRequests() async -> HTTPExchange.Conclusion {
        var inARow = 0
        while true {
            let exchange: HTTPExchange
            do throws(HTTPParseError) {
                guard let next = try await nextExchange() else { return .close }
                exchange = next
            } catch {
                server.counters.countMalformed()
                await refuse(HTTPProblem(error))
                return .linger
            }
            if exchange.head.expectation == .unknown {
                await exchange.respond(HTTPProblem(.expectationFailed, detail: "only 100-continue can be expected"))
            } else {
                await server.handler.handle(exchange)
            }
            let conclusion = await exchange.conclude()
            guard case .next = conclusion else { return conclusion }
            inARow += 1
            if inARow % Self.maxRequestsInARow == 0 { await Task.yield() }
        }
    }

    /// Waits for the next request.
    ///
    /// - Returns: `nil` if there will be none.
    private func nextExchange() async throws(HTTPParseError) -> HTTPExchange? {
        defer { phase = .busy }
        while true {
            if let exchange = try makeExchange() { return exchange }
            let isIdle = wire.isBetweenRequests
            if isIdle, server.isDraining { return nil }
            wait(in: isIdle ? .idle : .receivingHead)
            do throws(IOStreamError) {
                guard try await wire.fill() else { return nil }
            } catch {
                // Reset by the client, or closed by the deadline or a drain, which have done all there was to do.
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
        let limit = next == .idle ? server.limits.idleTimeout : server.limits.headerTimeout
        deadline = limit.map { .now + $0 } ?? .distantFuture
        if deadline != .distantFuture { arm() }
    }

    private func arm() {
        if let timer {
            if timer.at <= deadline { return }
            loop.cancel(timer.token)
        }
        let token = loop.schedule(at: deadline) { [weak self] in
            self?.assumeIsolated { $0.timerFired() }
        }
        timer = (token, deadline)
    }

    private func timerFired() {
        timer = nil
        guard phase != .busy, deadline != .distantFuture else { return }
        if MonotonicInstant.now < deadline { return arm() }
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

    func closeIfIdle() {
        if phase == .idle { wire.cut() }
    }

    func cut() { wire.cut() }
}
