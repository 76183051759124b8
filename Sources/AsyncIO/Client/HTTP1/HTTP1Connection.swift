import Glibc

/// A connection that carries one transfer after another.
///
/// It reads when the loop says that there is something, whether or not somebody waits for it, up to what may lie
/// unread; so an answer costs its reader one wait, and the connection is free as soon as the answer has arrived.
// Unchecked: all state is touched on the loop's thread only.
final class HTTP1Connection: ReadinessHandler, @unchecked Sendable {
    enum Phase {
        /// Being made, for a transfer.
        case connecting
        case active
        case idle
        case closed
    }

    let origin: HTTP1Origin
    private let pool: HTTP1Pool
    private var phase = Phase.connecting
    private(set) var transfer: HTTP1Transfer?

    /// The look-up of a name, while it goes on.
    private var lookUp: CurlConnect?
    /// Bounds the making of a connection for a repetition.
    private var connectTimer: TimerToken?
    private var descriptor: Int32 = -1
    private var registration: Registration?

    /// What the kernel last said; registered edge-triggered, so it does not say so again.
    private var mayRead = false
    private var mayWrite = false
    private var sawHangUp = false

    /// What follows the fields of the request's head.
    private var headEnd: [UInt8] = []
    /// Of head and body.
    private var bytesSent = 0
    private var writeError: SystemError?

    private(set) var idleSince = MonotonicInstant(nanoseconds: 0)
    private(set) var usableUntil = MonotonicInstant(nanoseconds: 0)

    /// A younger idle connection is not asked whether it still stands: the loop has just heard from it.
    private static let trustedIdleNanoseconds: Int64 = 1_000_000
    private static let peeking = Int32(MSG_PEEK | MSG_DONTWAIT)
    /// Reads in a row, before others on the loop have their turn.
    private static let maxReadsInARow = 4

    init(to origin: HTTP1Origin, in pool: HTTP1Pool) {
        self.origin = origin
        self.pool = pool
    }

    var isWatched: Bool { registration != nil }

    // MARK: Connecting

    func open(for transfer: HTTP1Transfer) {
        self.transfer = transfer
        transfer.connection = self
        if transfer.bytesSentBefore != nil, let timeout = transfer.connectTimeout {
            // Whoever waits for the transfer takes it for sent, and does not look at the time to connect any more.
            connectTimer = pool.loop.schedule(at: .now + timeout) { [self] in
                connectTimer = nil
                failToConnect(.connectTimedOut(budget: timeout))
            }
        }
        switch origin.place {
        case .address(let address): connect(to: address)
        case .name(let url): connect(toNameIn: url, timeout: transfer.connectTimeout)
        }
    }

    private func connect(to address: SocketAddress) {
        do throws(SystemError) {
            let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
            let raw = socket(address.family, type, 0)
            guard raw >= 0 else { throw SystemError(operation: "socket") }
            let socket = OwnedDescriptor(adopting: raw)
            if address.family != AF_UNIX { Self.setOptions(of: raw) }
            let status = address.withRaw { Glibc.connect(raw, $0, $1) }
            guard status == 0 || errno == EINPROGRESS else { throw SystemError(operation: "connect") }
            try watch(socket)
            if status == 0 { established() }
        } catch {
            failToConnect(.couldNotConnect(detail: address.description, cause: error))
        }
    }

    private func connect(toNameIn url: String, timeout: Duration?) {
        do throws(HTTPClientError) {
            lookUp = try pool.multi.connect(to: url, connectTimeout: timeout) { [self] in lookUpEnded($0) }
        } catch {
            failToConnect(error)
        }
    }

    private func lookUpEnded(_ ended: CurlConnect) {
        guard ended === lookUp else { return }
        lookUp = nil
        if case .failed(let error) = ended.outcome { return failToConnect(error) }
        guard let socket = ended.descriptor.take() else { return }
        do throws(SystemError) {
            try watch(socket)
            established()
        } catch {
            failToConnect(.couldNotConnect(detail: error.description, cause: error))
        }
    }

    /// As libcurl sets them: small messages at once, and a sign of life every now and then.
    private static func setOptions(of descriptor: Int32) {
        func set(_ level: Int32, _ option: Int32, _ value: Int32) {
            var value = value
            // Refused at worst, and then the connection works without.
            _ = setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
        }
        set(Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        set(SOL_SOCKET, SO_KEEPALIVE, 1)
        set(Int32(IPPROTO_TCP), TCP_KEEPIDLE, 30)
        set(Int32(IPPROTO_TCP), TCP_KEEPINTVL, 10)
    }

    private func watch(_ socket: consuming OwnedDescriptor) throws(SystemError) {
        registration = try pool.loop.register(
            socket.rawValue, for: [.readable, .writable, .peerHangUp, .edgeTriggered], handler: self)
        descriptor = socket.release()
    }

    private func finishConnecting() {
        var code: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        if getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length) != 0 { code = errno }
        guard code != 0 else { return established() }
        guard case .address(let address) = origin.place else { return }
        failToConnect(
            .couldNotConnect(detail: address.description, cause: SystemError(operation: "connect", code: code)))
    }

    private func established() {
        guard phase == .connecting, let transfer else { return }
        if let connectTimer { pool.loop.cancel(connectTimer) }
        connectTimer = nil
        mayWrite = true
        carry(transfer)
    }

    private func failToConnect(_ error: HTTPClientError) {
        // Whatever hinders a repetition: the first attempt was sent and had no answer.
        guard let sent = transfer?.bytesSentBefore, sent > 0 else { return fail(error) }
        fail(Self.closedWhileIdle(sent))
    }

    private static func closedWhileIdle(_ bytesSent: Int) -> HTTPClientError {
        .closedBeforeResponse(
            detail: "closed while idle, or instead of an answer", wasReusedConnection: true,
            requestBytesSent: bytesSent)
    }

    // MARK: Readiness

    func handleReadiness(_ readiness: Readiness) {
        let mayBeRead = !readiness.isDisjoint(with: [.readable, .peerHangUp, .hangUp, .error])
        switch phase {
        case .connecting:
            if !readiness.isDisjoint(with: [.writable, .hangUp, .error]) { finishConnecting() }
        case .idle:
            // Closed by the server, or an answer to nothing: of no use either way.
            if mayBeRead { close() }
            return
        case .active, .closed: break
        }
        guard phase == .active else { return }
        if !readiness.isDisjoint(with: [.peerHangUp, .hangUp, .error]) { sawHangUp = true }
        if mayBeRead { mayRead = true }
        let mayGoOnWriting = !mayWrite && !readiness.isDisjoint(with: [.writable, .hangUp, .error])
        if mayGoOnWriting { mayWrite = true }
        // Before sending: an answer to half a request makes the other half superfluous.
        if mayRead { readOn() }
        if mayGoOnWriting { send() }
    }

    // MARK: Sending

    func carry(_ transfer: HTTP1Transfer) {
        phase = .active
        self.transfer = transfer
        transfer.connection = self
        transfer.stage = .sending
        pool.connectionIsUsed(isNew: !transfer.wasReusedConnection)
        bytesSent = 0
        headEnd.removeAll(keepingCapacity: true)
        if transfer.request.sendsBody {
            headEnd.append(contentsOf: "Content-Length: ".utf8)
            appendDigits(transfer.request.body?.count ?? 0)
            headEnd.append(contentsOf: [.carriageReturn, .lineFeed])
        }
        headEnd.append(contentsOf: [.carriageReturn, .lineFeed])
        send()
    }

    private func appendDigits(_ number: Int) {
        let start = headEnd.count
        var rest = number
        repeat {
            headEnd.append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        } while rest > 0
        headEnd[start...].reverse()
    }

    private func requestBytes(of transfer: HTTP1Transfer) -> Int {
        transfer.requestHead.bytes.count + headEnd.count + (transfer.request.body?.count ?? 0)
    }

    private func send() {
        guard let transfer, writeError == nil else { return }
        let total = requestBytes(of: transfer)
        while bytesSent < total, mayWrite {
            let count = writeOnce(transfer)
            if count >= 0 {
                bytesSent += count
                continue
            }
            switch errno {
            case EINTR: continue
            case EAGAIN: mayWrite = false
            default:
                // The server may have answered before it closed.
                writeError = SystemError(operation: "write")
                mayRead = true
                return readOn()
            }
        }
    }

    /// What has not been sent yet, with one system call.
    private func writeOnce(_ transfer: HTTP1Transfer) -> Int {
        let empty: ArraySlice<UInt8> = []
        return transfer.requestHead.bytes.withUnsafeBytes { head in
            headEnd.withUnsafeBytes { headEnd in
                (transfer.request.body ?? empty).withUnsafeBytes { body in
                    withUnsafeTemporaryAllocation(of: iovec.self, capacity: 3) { parts in
                        var used = 0
                        var skipped = bytesSent
                        for part in [head, headEnd, body] {
                            let skip = min(skipped, part.count)
                            skipped -= skip
                            guard skip < part.count else { continue }
                            // writev only reads through these pointers.
                            let start = part.baseAddress.map { UnsafeMutableRawPointer(mutating: $0 + skip) }
                            parts.initializeElement(
                                at: used, to: iovec(iov_base: start, iov_len: part.count - skip))
                            used += 1
                        }
                        return writev(descriptor, parts.baseAddress, Int32(used))
                    }
                }
            }
        }
    }

    // MARK: Reading

    /// Reads what is there, as far as there is room for it.
    func readOn() {
        var reads = 0
        while mayRead, let transfer {
            let room = transfer.room
            guard room > 0 else {
                transfer.isPaused = true
                return
            }
            guard reads < Self.maxReadsInARow else { return pool.loop.execute { [self] in readOn() } }
            let scratch = pool.loop.scratch
            let wanted = min(room, scratch.count)
            let count = read(descriptor, scratch.baseAddress, wanted)
            if count > 0 {
                reads += 1
                // A short read has emptied the buffer; what comes later comes with a new event. Not so after a
                // hang-up, which was the last event: read on until the end of the stream.
                if count < wanted, !sawHangUp, writeError == nil { mayRead = false }
                guard take(UnsafeRawBufferPointer(rebasing: scratch[..<count]), for: transfer) else { return }
                continue
            }
            if count == 0 { return ended(nil, transfer) }
            switch errno {
            case EINTR: continue
            case EAGAIN:
                mayRead = false
                if let writeError { ended(writeError, transfer) }
            default: return ended(SystemError(operation: "read"), transfer)
            }
        }
    }

    /// - Returns: whether to read on.
    private func take(_ bytes: UnsafeRawBufferPointer, for transfer: HTTP1Transfer) -> Bool {
        let used: Int
        do throws(HTTPClientError) {
            used = try transfer.receive(bytes)
        } catch {
            fail(error)
            return false
        }
        guard transfer.hasWholeResponse else { return true }
        let isReusable =
            transfer.serverKeepsConnection && used == bytes.count && !sawHangUp && writeError == nil
            && bytesSent == requestBytes(of: transfer) && (!mayRead || isStillQuiet)
        mayRead = false
        complete(transfer, isReusable: isReusable)
        return false
    }

    private func complete(_ transfer: HTTP1Transfer, isReusable: Bool) {
        let keepAliveSeconds = transfer.keepAliveSeconds
        self.transfer = nil
        pool.finish(transfer, .complete)
        if isReusable { rest(keepAliveSeconds) } else { close() }
    }

    /// The connection has ended, or broken.
    private func ended(_ error: SystemError?, _ transfer: HTTP1Transfer) {
        if error == nil, transfer.responseEndsWithConnection { return complete(transfer, isReusable: false) }
        let detail = error?.description ?? "the server closed the connection"
        if transfer.head.isComplete { return fail(.bodyTruncated(detail: detail)) }
        if transfer.isNoHTTP { return fail(.protocolError(detail: "what the server sent is not HTTP")) }
        if transfer.wasReusedConnection, !transfer.hasSeenAnswer {
            // Of a request of which nothing was sent, the server cannot have seen anything.
            guard transfer.request.mayRepeat || bytesSent == 0 else { return fail(Self.closedWhileIdle(bytesSent)) }
            let sent = bytesSent
            self.transfer = nil
            close()
            return pool.repeatRequest(of: transfer, bytesSent: sent)
        }
        if let writeError, bytesSent < requestBytes(of: transfer) {
            return fail(.sendFailed(detail: writeError.description, requestBytesSent: bytesSent))
        }
        fail(
            .closedBeforeResponse(
                detail: detail, wasReusedConnection: transfer.wasReusedConnection, requestBytesSent: bytesSent))
    }

    private func fail(_ error: HTTPClientError) {
        guard let transfer else { return }
        self.transfer = nil
        close()
        pool.finish(transfer, .failed(error))
    }

    // MARK: Between transfers

    private func rest(_ keepAliveSeconds: Int?) {
        phase = .idle
        idleSince = .now
        var limit = pool.maxIdleNanoseconds
        if let keepAliveSeconds {
            // A second less than the server waits, or half of it, so that a request is there before it closes.
            let announced = Int64(clamping: keepAliveSeconds).multipliedReportingOverflow(by: 1_000_000_000)
            if !announced.overflow {
                limit = min(limit, max(announced.partialValue - 1_000_000_000, announced.partialValue / 2))
            }
        }
        usableUntil = MonotonicInstant(nanoseconds: idleSince.nanoseconds &+ limit)
        pool.release(self)
    }

    /// Whether an idle connection may be used again.
    func isUsable(at now: MonotonicInstant) -> Bool {
        guard phase == .idle, now < usableUntil else { return false }
        return now.nanoseconds - idleSince.nanoseconds < Self.trustedIdleNanoseconds || isStillQuiet
    }

    /// Whether there is nothing to be read, the end of the stream included.
    private var isStillQuiet: Bool {
        var byte: UInt8 = 0
        return recv(descriptor, &byte, 1, Self.peeking) < 0 && errno == EAGAIN
    }

    /// Closes the connection. Its transfer is left to the caller.
    func close() {
        guard phase != .closed else { return }
        if phase == .idle { pool.forgetIdle(self) }
        phase = .closed
        transfer = nil
        if let connectTimer { pool.loop.cancel(connectTimer) }
        connectTimer = nil
        if let lookUp {
            self.lookUp = nil
            lookUp.abort(.cancelled)
        }
        if let registration {
            self.registration = nil
            // Deregister, then close: the number may be reused at once.
            pool.loop.deregister(registration)
            _ = Glibc.close(descriptor)
        }
        pool.forget(self)
    }
}
