import CCurl
import Glibc

/// A libcurl easy handle with everything set that does not change from request to request.
///
/// What does change is remembered, so that a request like the one before (same server, same header fields) sets next to
/// nothing. Belongs to one ``CurlMulti``; its handle is off the multi handle before it is cleaned up.
// Unchecked: touched on the loop's thread only.
final class CurlEasy: @unchecked Sendable {
    let handle: ccurl_easy
    private unowned let multi: CurlMulti
    /// libcurl writes its account of a failure here for as long as the handle lives.
    private let errorText: UnsafeMutablePointer<CChar>
    /// The transfer on its way; `nil` while the handle is idle.
    private(set) var transfer: CurlTransfer?

    /// What the handle is set to.
    private(set) var url = ""
    private var unixSocketPath: String?
    private var method = "GET"
    private var sendsBody = false
    private(set) var connectTimeout: Duration?
    /// Whether addresses are asked about: see ``HTTPClientRequest/allowsAddress``.
    private var isGuarded = false
    private var decodesContent = false
    private var headers: [(name: String, value: String)] = []
    /// What libcurl reads `headers` from, so it lives as long as it is set.
    private var headerList: CurlHeaderList?

    init?(of multi: CurlMulti) {
        guard let handle = curl_easy_init() else { return nil }
        self.handle = handle
        self.multi = multi
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        configure(multi.options)
    }

    deinit {
        curl_easy_cleanup(handle)
        errorText.deallocate()
    }

    // MARK: Settings that stay

    private func configure(_ options: HTTPClientOptions) {
        let own = Unmanaged.passUnretained(self).toOpaque()
        ccurl_set_pointer(handle, CURLOPT_PRIVATE, own)
        ccurl_set_pointer(handle, CURLOPT_ERRORBUFFER, errorText)
        ccurl_set_receivers(handle, onHeader, onBody, own)
        ccurl_set_socket_functions(handle, onOpen, own, onClose, Unmanaged.passUnretained(multi).toOpaque())
        ccurl_set_resolver_start(handle, onResolverStart, own)
        ccurl_set_prerequest(handle, onConnected, own)

        ccurl_set_long(handle, CURLOPT_NOSIGNAL, 1)
        // A transfer dropped during name look-up leaves the look-up to its thread instead of waiting for it.
        ccurl_set_long(handle, CURLOPT_QUICK_EXIT, 1)
        ccurl_set_string(handle, CURLOPT_PROTOCOLS_STR, "http,https")
        ccurl_set_long(handle, CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
        ccurl_set_long(handle, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        ccurl_set_long(handle, CURLOPT_TCP_NODELAY, 1)
        ccurl_set_long(handle, CURLOPT_TCP_KEEPALIVE, 1)
        ccurl_set_long(handle, CURLOPT_TCP_KEEPIDLE, 30)
        ccurl_set_long(handle, CURLOPT_TCP_KEEPINTVL, 10)
        ccurl_set_long(handle, CURLOPT_MAXAGE_CONN, Int(max(1, options.maxIdleTime.components.seconds)))
        if let userAgent = options.userAgent { ccurl_set_string(handle, CURLOPT_USERAGENT, userAgent) }
        if let file = options.caFile { ccurl_set_string(handle, CURLOPT_CAINFO, file) }
        if let directory = options.caDirectory { ccurl_set_string(handle, CURLOPT_CAPATH, directory) }
        // An empty value keeps libcurl from looking into the environment, once for each request.
        ccurl_set_string(handle, CURLOPT_PROXY, "")
        ccurl_set_string(handle, CURLOPT_NOPROXY, options.proxies.exceptions ?? "")
    }

    // MARK: Settings of a request

    /// Prepares the handle for a transfer and ties it to it.
    func prepare(_ transfer: CurlTransfer, connectTimeout: Duration?) throws(HTTPClientError) {
        let request = transfer.request
        if request.url != url { try set(url: request.url) }
        if request.decodesContent != decodesContent {
            decodesContent = request.decodesContent
            ccurl_set_string(handle, CURLOPT_ACCEPT_ENCODING, decodesContent ? "gzip" : nil)
        }
        if (request.allowsAddress != nil) != isGuarded { setGuard(!isGuarded) }
        if request.unixSocketPath != unixSocketPath {
            ccurl_set_string(handle, CURLOPT_UNIX_SOCKET_PATH, request.unixSocketPath)
            unixSocketPath = request.unixSocketPath
        }
        if connectTimeout != self.connectTimeout {
            // The loop's timer is the limit; libcurl divides this among the addresses of a host. 0 is its default.
            let milliseconds = (connectTimeout ?? .zero).clampedNanoseconds / 1_000_000
            ccurl_set_long(handle, CURLOPT_CONNECTTIMEOUT_MS, Int(max(0, min(milliseconds, 86_400_000))))
            self.connectTimeout = connectTimeout
        }
        if headerList == nil || !headers.elementsEqual(request.headers, by: ==) {
            try request.checkHeaders()
            let list = try CurlHeaderList(request.headers)
            ccurl_set_headers(handle, list.list)
            headerList = consume list
            headers = request.headers
        }
        try setMethodAndBody(of: request)
        if transfer is CurlConnect { ccurl_set_long(handle, CURLOPT_CONNECT_ONLY, 1) }
        self.transfer = transfer
        transfer.easy = self
    }

    private func set(url: String) throws(HTTPClientError) {
        guard !url.utf8.contains(0), ccurl_set_string(handle, CURLOPT_URL, url) == CURLE_OK else {
            throw .invalidURL(url)
        }
        self.url = url
        setProxy()
    }

    private func setGuard(_ isGuarded: Bool) {
        self.isGuarded = isGuarded
        // No connection that was opened for somebody else, and none that somebody else gets.
        ccurl_set_long(handle, CURLOPT_FRESH_CONNECT, isGuarded ? 1 : 0)
        ccurl_set_long(handle, CURLOPT_FORBID_REUSE, isGuarded ? 1 : 0)
        setProxy()
    }

    private func setProxy() {
        let proxy = isGuarded ? nil : multi.options.proxies.proxy(for: url)
        ccurl_set_string(handle, CURLOPT_PROXY, proxy ?? "")
    }

    private func setMethodAndBody(of request: HTTPClientRequest) throws(HTTPClientError) {
        let (method, body, sendsBody) = (request.method, request.body, request.sendsBody)
        if method != self.method || sendsBody != self.sendsBody {
            try request.checkMethod()
            // The order matters: each of these takes the one before back.
            ccurl_set_string(handle, CURLOPT_CUSTOMREQUEST, nil)
            ccurl_set_long(handle, CURLOPT_HTTPGET, 1)
            if sendsBody {
                ccurl_set_long(handle, CURLOPT_POST, 1)
                if method != "POST" { ccurl_set_string(handle, CURLOPT_CUSTOMREQUEST, method) }
            } else if method == "HEAD" {
                ccurl_set_long(handle, CURLOPT_NOBODY, 1)
            } else if method != "GET" {
                ccurl_set_string(handle, CURLOPT_CUSTOMREQUEST, method)
            }
            self.method = method
            self.sendsBody = sendsBody
        }
        guard sendsBody else { return }
        ccurl_set_offset(handle, CURLOPT_POSTFIELDSIZE_LARGE, Int64(body?.count ?? 0))
        // The elements of an array that is neither changed nor freed stay where they are, and the transfer's request
        // holds this one, untouched, until the handle is off the multi handle. libcurl only reads.
        let address = body?.withUnsafeBytes { $0.baseAddress }
        if let address {
            ccurl_set_pointer(handle, CURLOPT_POSTFIELDS, address)
        } else {
            ccurl_set_string(handle, CURLOPT_POSTFIELDS, "")
        }
    }

    /// Lets go of the transfer, after the handle is off the multi handle.
    func release() { transfer = nil }

    // MARK: While a transfer is on its way

    func resume() { multi.resume(self) }

    func abort(_ error: HTTPClientError) { multi.abort(self, error) }

    /// libcurl's account of what went wrong.
    func account(of code: CURLcode) -> String {
        String(cString: errorText[0] != 0 ? UnsafePointer(errorText) : curl_easy_strerror(code))
    }

    /// What the kernel said to the last failed attempt to connect; `nil` if nothing is known.
    var connectError: SystemError? {
        let code = ccurl_get_long(handle, CURLINFO_OS_ERRNO)
        return code == 0 ? nil : SystemError(operation: "connect", code: Int32(truncatingIfNeeded: code))
    }

    /// The connection's socket, as a descriptor of our own.
    func duplicateSocket() throws(SystemError) -> OwnedDescriptor {
        let descriptor = fcntl(ccurl_get_socket(handle), F_DUPFD_CLOEXEC, 0)
        guard descriptor >= 0 else { throw SystemError(operation: "fcntl") }
        return OwnedDescriptor(adopting: descriptor)
    }

    var bytesSent: Int {
        ccurl_get_long(handle, CURLINFO_REQUEST_SIZE) + Int(ccurl_get_offset(handle, CURLINFO_SIZE_UPLOAD_T))
    }

    // MARK: Callbacks

    private static func easy(_ context: UnsafeMutableRawPointer?) -> CurlEasy? {
        context.map { Unmanaged<CurlEasy>.fromOpaque($0).takeUnretainedValue() }
    }

    private let onHeader: ccurl_receive = { bytes, size, count, context in
        guard let transfer = CurlEasy.easy(context)?.transfer else { return 0 }
        let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
        return transfer.receiveHeaderLine(line) ? line.count : 0
    }

    private let onBody: ccurl_receive = { bytes, size, count, context in
        guard let transfer = CurlEasy.easy(context)?.transfer else { return 0 }
        let piece = UnsafeRawBufferPointer(start: bytes, count: size * count)
        switch transfer.receiveBody(piece) {
        case .taken: return piece.count
        case .pause: return Int(CURL_WRITEFUNC_PAUSE)
        }
    }

    private let onResolverStart: curl_resolver_start_callback = { _, _, context in
        CurlEasy.easy(context)?.connectingStarts()
        return 0
    }

    private let onOpen: curl_opensocket_callback = { context, _, address in
        guard let easy = CurlEasy.easy(context), let address else { return curl_socket_t(-1) }
        return easy.open(address)
    }

    private let onClose: curl_closesocket_callback = { context, descriptor in
        guard let context else { return 1 }
        return Unmanaged<CurlMulti>.fromOpaque(context).takeUnretainedValue().close(descriptor)
    }

    private let onConnected: curl_prereq_callback = { context, _, _, _, _ in
        CurlEasy.easy(context)?.mayStartRequest() == true ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT
    }

    private func connectingStarts() {
        if let transfer, transfer.stage == .queued { transfer.stage = .connecting }
    }

    private func open(_ address: UnsafeMutablePointer<curl_sockaddr>) -> curl_socket_t {
        guard let transfer else { return curl_socket_t(-1) }
        if transfer.stage == .sending {
            // libcurl wants to repeat the request on a new connection: say no before one is made.
            guard transfer.request.mayRepeat else {
                transfer.refusedRepetition = true
                return curl_socket_t(-1)
            }
        }
        connectingStarts()
        transfer.wasReusedConnection = false
        if let allows = transfer.request.allowsAddress {
            guard let target = SocketAddress(address), allows(target) else {
                transfer.refusedAddress = true
                return curl_socket_t(-1)
            }
        }
        let descriptor = ccurl_open_socket(address)
        if descriptor >= 0 { multi.opened(descriptor) }
        return descriptor
    }

    /// A connection stands, and the request would be sent next.
    private func mayStartRequest() -> Bool {
        guard let transfer else { return false }
        if transfer.stage == .sending, !transfer.request.mayRepeat {
            transfer.refusedRepetition = true
            return false
        }
        transfer.stage = .sending
        if transfer is CurlConnect { return true }
        multi.connectionIsUsed(isNew: !transfer.wasReusedConnection)
        return true
    }
}

extension SocketAddress {
    /// Where libcurl is about to connect to.
    fileprivate init?(_ address: UnsafeMutablePointer<curl_sockaddr>) {
        var storage = sockaddr_storage()
        let length = Int(address.pointee.addrlen)
        guard length <= MemoryLayout.size(ofValue: storage),
            let offset = MemoryLayout<curl_sockaddr>.offset(of: \.addr)
        else { return nil }
        // The address begins there and is as long as it says, beyond its declared type.
        memcpy(&storage, UnsafeRawPointer(address) + offset, length)
        self.init(storage: storage, length: socklen_t(length))
    }
}
