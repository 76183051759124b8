import CCurl
import Glibc

/// A libcurl multi handle on an event loop: its sockets in the loop's epoll, its timeout among the loop's timers.
///
/// Nothing here waits. libcurl works inside ``drive(_:mask:)`` only; callbacks record what happened, and what follows
/// from it is done when libcurl has returned, because it must not be re-entered from a callback.
// Unchecked: all state is touched on the loop's thread only; the entrances check that.
final class CurlMulti: @unchecked Sendable {
    let loop: EventLoop
    let options: HTTPClientOptions
    /// `nil` once shut down.
    private var handle: ccurl_multi?

    private var inFlight: [ObjectIdentifier: CurlEasy] = [:]
    /// Those of `inFlight` that only connect.
    private var connects = 0
    /// Idle easy handles by the URL they are set to, the last used last.
    private var idle: [String: [CurlEasy]] = [:]
    private var idleCount = 0

    /// By descriptor.
    private var sockets: [CurlSocket?] = []
    private var counts = HTTPClientStatistics()

    /// When libcurl wants to be called; `nil`: not at all.
    private var wantedCall: MonotonicInstant?
    /// The timer that is set. May be earlier than wanted: moving it for every request would cost more than a call
    /// too many now and then.
    private var timer: (token: TimerToken, deadline: MonotonicInstant)?

    /// libcurl's one-time set-up, which is safe to run from any thread.
    private static let globalOutcome = curl_global_init(Int(CURL_GLOBAL_DEFAULT))

    init(on loop: EventLoop, options: HTTPClientOptions) throws(SystemError) {
        guard Self.globalOutcome == CURLE_OK else { throw SystemError(operation: "curl_global_init", code: ENOMEM) }
        guard let handle = curl_multi_init() else { throw SystemError(operation: "curl_multi_init", code: ENOMEM) }
        self.loop = loop
        self.options = options
        self.handle = handle
        ccurl_multi_set_functions(
            handle,
            { easy, descriptor, action, context, _ in
                guard let context else { return 0 }
                Unmanaged<CurlMulti>.fromOpaque(context).takeUnretainedValue().watch(easy, descriptor, action)
                return 0
            },
            { _, milliseconds, context in
                guard let context else { return 0 }
                Unmanaged<CurlMulti>.fromOpaque(context).takeUnretainedValue().setCall(after: milliseconds)
                return 0
            }, Unmanaged.passUnretained(self).toOpaque())
        ccurl_multi_set_long(handle, CURLMOPT_MAXCONNECTS, max(1, options.maxIdleConnections))
        ccurl_multi_set_long(handle, CURLMOPT_MAX_HOST_CONNECTIONS, max(0, options.maxConnectionsPerHost))
        ccurl_multi_set_long(
            handle, CURLMOPT_PIPELINING, options.multiplexes ? Int(CURLPIPE_MULTIPLEX) : Int(CURLPIPE_NOTHING))
    }

    // MARK: Transfers

    /// Starts a transfer. On an idle connection its request is sent before this returns.
    func start(_ request: HTTPClientRequest, connectTimeout: Duration?) throws(HTTPClientError) -> CurlTransfer {
        let transfer = CurlTransfer(request, on: loop, options: options)
        try start(transfer, with: try takeEasy(for: request.url), connectTimeout: connectTimeout)
        counts.requests += 1
        drive(CURL_SOCKET_TIMEOUT, mask: 0)
        return transfer
    }

    /// Connects to the host of a URL and takes no further interest in the connection.
    ///
    /// - Parameter onEnd: as ``CurlConnect/init(_:on:options:onEnd:)`` has it.
    func connect(
        to url: String, connectTimeout: Duration?, onEnd: @escaping @Sendable (CurlConnect) -> Void
    ) throws(HTTPClientError) -> CurlConnect {
        guard let easy = CurlEasy(of: self) else { throw .invalidRequest(detail: "out of memory") }
        let request = HTTPClientRequest(method: "GET", url: url)
        let connect = CurlConnect(request, on: loop, options: options, onEnd: onEnd)
        try start(connect, with: easy, connectTimeout: connectTimeout)
        connects += 1
        drive(CURL_SOCKET_TIMEOUT, mask: 0)
        return connect
    }

    private func start(
        _ transfer: CurlTransfer, with easy: CurlEasy, connectTimeout: Duration?
    ) throws(HTTPClientError) {
        loop.preconditionInLoop()
        guard let handle else { throw .clientClosed }
        try easy.prepare(transfer, connectTimeout: connectTimeout)
        let code = curl_multi_add_handle(handle, easy.handle)
        guard code == CURLM_OK else {
            easy.release()
            throw .invalidRequest(detail: String(cString: curl_multi_strerror(code)))
        }
        inFlight[ObjectIdentifier(easy)] = easy
    }

    /// Requests on their way.
    var transfersInFlight: Int { inFlight.count - connects }

    var isShutDown: Bool { handle == nil }

    private func takeEasy(for url: String) throws(HTTPClientError) -> CurlEasy {
        if let easy = idle[url]?.popLast() {
            idleCount -= 1
            return easy
        }
        guard let easy = CurlEasy(of: self) else { throw .invalidRequest(detail: "out of memory") }
        return easy
    }

    /// Keeps a handle for the next request.
    private func recycle(_ easy: CurlEasy) {
        guard handle != nil, options.maxIdleHandles > 0 else { return }
        if idleCount >= options.maxIdleHandles, idle[easy.url]?.isEmpty ?? true { dropSomeIdle() }
        guard idleCount < options.maxIdleHandles else { return }
        idle[easy.url, default: []].append(easy)
        idleCount += 1
    }

    private func dropSomeIdle() {
        guard let place = idle.indices.first else { return }
        idleCount -= idle[place].value.count
        idle.remove(at: place)
    }

    /// Takes a handle off the multi handle; the connection is closed if its transfer had not ended.
    private func detach(_ easy: CurlEasy) {
        guard let handle, inFlight.removeValue(forKey: ObjectIdentifier(easy)) != nil else { return }
        if easy.transfer is CurlConnect { connects -= 1 }
        // Fails for a handle that is not attached only.
        curl_multi_remove_handle(handle, easy.handle)
    }

    func abort(_ easy: CurlEasy, _ error: HTTPClientError) {
        loop.preconditionInLoop()
        guard let transfer = easy.transfer else { return }
        detach(easy)
        easy.release()
        transfer.finish(.failed(error))
        setTimer()
    }

    /// Lets a paused transfer go on.
    func resume(_ easy: CurlEasy) {
        loop.preconditionInLoop()
        let code = curl_easy_pause(easy.handle, CURLPAUSE_CONT)
        if code != CURLE_OK {
            abort(easy, easy.transfer?.reasonToGiveUp ?? .bodyTruncated(detail: easy.account(of: code)))
        }
        setTimer()
    }

    private func finish(_ easy: CurlEasy, _ code: CURLcode) {
        guard let transfer = easy.transfer else { return }
        // Before the handle goes, which forgets what it sent.
        var failure = transfer.failure(code, of: easy)
        let connect = transfer as? CurlConnect
        if let connect, failure == nil {
            do throws(SystemError) {
                // Before the handle goes, which takes the connection along.
                connect.descriptor = try easy.duplicateSocket()
            } catch {
                failure = .couldNotConnect(detail: error.description, cause: error)
            }
        }
        detach(easy)
        easy.release()
        if let failure {
            transfer.finish(.failed(failure))
        } else {
            transfer.finish(.complete)
            if connect == nil { recycle(easy) }
        }
    }

    func shutDown() {
        loop.preconditionInLoop()
        guard let handle else { return }
        for easy in Array(inFlight.values) { abort(easy, .clientClosed) }
        idle = [:]
        idleCount = 0
        self.handle = nil
        // Closes the idle connections, through `close(_:)`.
        curl_multi_cleanup(handle)
        for socket in sockets { socket?.stop() }
        sockets = []
        wantedCall = nil
        if let timer { loop.cancel(timer.token) }
        timer = nil
    }

    var statistics: HTTPClientStatistics {
        var statistics = counts
        statistics.transfersInFlight = transfersInFlight
        statistics.idleHandles = idleCount
        return statistics
    }

    func connectionIsUsed(isNew: Bool) {
        if isNew { counts.connectionsOpened += 1 } else { counts.connectionsReused += 1 }
    }

    // MARK: Driving libcurl

    func socketIsReady(_ descriptor: curl_socket_t, mask: Int32) { drive(descriptor, mask: mask) }

    private func drive(_ descriptor: curl_socket_t, mask: Int32) {
        guard let handle else { return }
        var running: Int32 = 0
        let code = curl_multi_socket_action(handle, descriptor, mask, &running)
        var outcome = CURLE_OK
        while let finished = ccurl_multi_next_finished(handle, &outcome) {
            guard let own = ccurl_get_private(finished) else { continue }
            finish(Unmanaged<CurlEasy>.fromOpaque(own).takeUnretainedValue(), outcome)
        }
        if code != CURLM_OK {
            // Out of memory, or a bug: no transfer can be relied upon any more.
            let detail = String(cString: curl_multi_strerror(code))
            for easy in Array(inFlight.values) { abort(easy, .protocolError(detail: detail)) }
        }
        setTimer()
    }

    // MARK: Timeout

    private func setCall(after milliseconds: Int) {
        wantedCall = milliseconds < 0 ? nil : .now + .milliseconds(milliseconds)
    }

    private func setTimer() {
        guard let wantedCall else { return }
        if let timer {
            guard wantedCall < timer.deadline else { return }
            loop.cancel(timer.token)
        }
        let token = loop.schedule(at: wantedCall) { [weak self] in self?.timerFired() }
        timer = (token, wantedCall)
    }

    private func timerFired() {
        timer = nil
        guard let wantedCall else { return }
        guard wantedCall <= .now else { return setTimer() }
        self.wantedCall = nil
        drive(CURL_SOCKET_TIMEOUT, mask: 0)
    }

    // MARK: Sockets

    func opened(_ descriptor: curl_socket_t) {
        let socket = CurlSocket(descriptor, isOwned: true, multi: self)
        let former = self.socket(descriptor)
        let interest = former?.watchedInterest
        if let former { forget(former) }
        counts.openSockets += 1
        remember(socket)
        // libcurl has closed a socket without a word and got its number again, and believes that we watch it still.
        if let interest { watch(nil, socket, interest) }
    }

    func close(_ descriptor: curl_socket_t) -> Int32 {
        // Deregister, then close: the number may be reused at once.
        if let socket = socket(descriptor) { forget(socket) }
        return Glibc.close(descriptor)
    }

    /// Sockets in the loop's epoll.
    var watchedSockets: Int { sockets.count { $0?.watchedInterest != nil } }

    private func remember(_ socket: CurlSocket) {
        let index = Int(socket.descriptor)
        if index >= sockets.count {
            sockets.append(contentsOf: repeatElement(nil, count: max(64, index + 1 - sockets.count)))
        }
        sockets[index] = socket
    }

    private func forget(_ socket: CurlSocket) {
        socket.stop()
        if socket.isOwned { counts.openSockets -= 1 }
        sockets[Int(socket.descriptor)] = nil
    }

    private func socket(_ descriptor: curl_socket_t) -> CurlSocket? {
        Int(descriptor) < sockets.count ? sockets[Int(descriptor)] : nil
    }

    private static func transfer(of easy: ccurl_easy?) -> CurlTransfer? {
        guard let easy, let own = ccurl_get_private(easy) else { return nil }
        return Unmanaged<CurlEasy>.fromOpaque(own).takeUnretainedValue().transfer
    }

    private func watch(_ easy: ccurl_easy?, _ descriptor: curl_socket_t, _ action: Int32) {
        if action == CURL_POLL_REMOVE {
            if let socket = socket(descriptor) { unwatch(easy, socket) }
            return
        }
        var interest: Readiness = []
        // Not edge-triggered: libcurl may leave bytes unread and expects to be told again.
        if action & CURL_POLL_IN != 0 { interest.insert(.readable) }
        if action & CURL_POLL_OUT != 0 { interest.insert(.writable) }
        if let socket = socket(descriptor) {
            watch(easy, socket, interest)
        } else {
            let socket = CurlSocket(descriptor, isOwned: false, multi: self)
            remember(socket)
            watch(easy, socket, interest)
        }
    }

    private func watch(_ easy: ccurl_easy?, _ socket: CurlSocket, _ interest: Readiness) {
        do {
            try socket.watch(interest)
        } catch {
            // The kernel is out of memory or watches. The transfer would wait for ever, so end it, after the callback.
            let transfer = Self.transfer(of: easy)
            loop.execute { transfer?.abort(.couldNotConnect(detail: error.description, cause: error)) }
        }
    }

    private func unwatch(_ easy: ccurl_easy?, _ socket: CurlSocket) {
        // Sockets libcurl opened for itself, as for name look-up, it closes without a word; libcurl 7.88 does so with
        // ours too until a connection stands.
        guard socket.isOwned, socket.isLasting || socket.isStillOpen else { return forget(socket) }
        if !socket.isLasting, Self.transfer(of: easy)?.stage == .sending { socket.isLasting = true }
        socket.rest()
    }
}
