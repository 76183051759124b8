import Dispatch
import Glibc
import Synchronization

/// One TCP connection on which a test says exactly what it wants to say, right or wrong, and reads what comes back.
///
/// It reads only when asked to, so a test that does not read holds the peer back. Reading and writing may go on at the
/// same time; two reads at once are a mistake of the test.
package final class RawHTTPClient: Sendable {
    /// What is left of the body of the response being read.
    private enum Body {
        case none
        case length(Int)
        case chunked(left: Int)
        case untilClose
    }

    private struct Reading {
        var buffer: [UInt8] = []
        var isAtEnd = false
        var body = Body.none
        var events = EventStreamReader()
    }

    private let descriptor: Int32
    // Blocking calls get threads of their own: they may not hold one of the task pool.
    private let readQueue = DispatchQueue(label: "RawHTTPClient.read")
    private let writeQueue = DispatchQueue(label: "RawHTTPClient.write")
    private let reading = Mutex(Reading())
    /// How long each read or write may take when the call does not say.
    package let limit: Duration

    /// Connects to a numeric IPv4 address.
    ///
    /// - Parameters:
    ///   - receiveBufferBytes: SO_RCVBUF, to be a reader that holds the peer back early.
    ///   - source: the numeric local address to come from, such as another one of 127.0.0.0/8; `nil` lets the system choose.
    package init(
        host: String = "127.0.0.1", port: Int, limit: Duration = .seconds(20), receiveBufferBytes: Int? = nil,
        from source: String? = nil
    ) async throws {
        self.limit = limit
        let descriptor = socket(
            AF_INET,
            Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { throw ConnectionFailure("socket", errno) }
        self.descriptor = descriptor
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        if var size = receiveBufferBytes.map(Int32.init(clamping:)) {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
        }
        if let source {
            let bound = try Self.withAddress(source, port: 0) { bind(descriptor, $0, $1) }
            guard bound == 0 else { throw ConnectionFailure("bind to \(source)", errno) }
        }
        let status = try Self.withAddress(host, port: port) { connect(descriptor, $0, $1) }
        if status == 0 { return }
        guard errno == EINPROGRESS else { throw ConnectionFailure("connect to \(host):\(port)", errno) }
        let deadline = ContinuousClock.now + limit
        try await Self.run(on: writeQueue) { [self] in
            try wait(for: Int16(POLLOUT), "connect to \(host):\(port)", by: deadline)
            var code: Int32 = 0
            var length = socklen_t(MemoryLayout<Int32>.size)
            getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length)
            if code != 0 { throw ConnectionFailure("connect to \(host):\(port)", code) }
        }
    }

    private static func withAddress(
        _ host: String, port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) throws -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(truncatingIfNeeded: port).bigEndian
        guard inet_pton(AF_INET, host, &address.sin_addr) == 1 else {
            throw ConnectionFailure("address \(host)", EINVAL)
        }
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    deinit { Glibc.close(descriptor) }

    // MARK: Writing

    /// Sends bytes as they are.
    package func send(_ bytes: [UInt8], within limit: Duration? = nil) async throws {
        let deadline = ContinuousClock.now + (limit ?? self.limit)
        try await cancellable(on: writeQueue) { client in
            var sent = 0
            while sent < bytes.count {
                let count = bytes[sent...].withUnsafeBytes {
                    Glibc.send(client.descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                if count > 0 {
                    sent += count
                } else if errno == EAGAIN {
                    try client.wait(for: Int16(POLLOUT), "send of byte \(sent) of \(bytes.count)", by: deadline)
                } else if errno != EINTR {
                    throw ConnectionFailure("send", errno)
                }
            }
        }
    }

    package func send(_ text: String, within limit: Duration? = nil) async throws {
        try await send(Array(text.utf8), within: limit)
    }

    /// Sends a request with `Host` and, when there is a body, `Content-Length`, unless `headers` has them.
    package func sendRequest(
        _ method: String, _ target: String, headers: [(String, String)] = [], body: [UInt8]? = nil
    ) async throws {
        let names = Set(headers.map { $0.0.lowercased() })
        var head = "\(method) \(target) HTTP/1.1\r\n"
        if !names.contains("host") { head += "Host: 127.0.0.1:\(peerPort)\r\n" }
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        let framed = names.contains("content-length") || names.contains("transfer-encoding")
        if let body, !framed { head += "Content-Length: \(body.count)\r\n" }
        try await send(Array((head + "\r\n").utf8) + (body ?? []))
    }

    private var peerPort: Int {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(descriptor, $0, &length) }
        }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    /// Says that nothing more will be sent, and goes on reading.
    package func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Breaks the connection as a vanished client does: the peer gets a reset, also while it writes. Reads and writes
    /// under way fail.
    package func reset() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
        // Connecting to nowhere is the way to drop a connection without giving its number away while others wait on it.
        var nowhere = sockaddr()
        nowhere.sa_family = sa_family_t(AF_UNSPEC)
        connect(descriptor, &nowhere, socklen_t(MemoryLayout<sockaddr>.size))
    }

    /// Closes both directions in an orderly way.
    package func close() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    // MARK: Reading

    /// Sends a request and reads its whole answer.
    package func request(
        _ method: String, _ target: String, headers: [(String, String)] = [], body: [UInt8]? = nil,
        within limit: Duration? = nil
    ) async throws -> HTTPAnswer {
        try await sendRequest(method, target, headers: headers, body: body)
        return try await readAnswer(toHead: method == "HEAD", within: limit)
    }

    /// Reads one whole response. Informational ones (1xx) before it are passed over.
    package func readAnswer(toHead: Bool = false, within limit: Duration? = nil) async throws -> HTTPAnswer {
        let deadline = ContinuousClock.now + (limit ?? self.limit)
        var head = try await readHead(toHead: toHead, by: deadline)
        while head.status / 100 == 1, head.status != 101 { head = try await readHead(toHead: toHead, by: deadline) }
        var body: [UInt8] = []
        while let piece = try await readBody(by: deadline) { body += piece }
        return HTTPAnswer(head: head, body: body)
    }

    /// Reads a response up to its body, which ``readBody(within:)`` or ``readEvent(within:)`` read on.
    package func readHead(toHead: Bool = false, within limit: Duration? = nil) async throws -> HTTPAnswer.Head {
        try await readHead(toHead: toHead, by: ContinuousClock.now + (limit ?? self.limit))
    }

    private func readHead(toHead: Bool, by deadline: ContinuousClock.Instant) async throws -> HTTPAnswer.Head {
        try await cancellable(on: readQueue) { client in
            try client.reading.withLock { reading in
                let bytes = try client.takeHead(&reading, by: deadline)
                let head = try HTTPAnswer.Head(parsing: bytes)
                reading.events = EventStreamReader()
                let hasNoBody = toHead || head.status / 100 == 1 || head.status == 204 || head.status == 304
                if hasNoBody {
                    reading.body = .none
                } else if let coding = head["transfer-encoding"] {
                    guard coding.lowercased() == "chunked", head["content-length"] == nil else {
                        throw ConnectionFailure(.malformed, "framing cannot be told: \(head.headers)")
                    }
                    reading.body = .chunked(left: 0)
                } else if let length = head["content-length"] {
                    guard let count = Int(length), count >= 0 else {
                        throw ConnectionFailure(.malformed, "content-length: \(length)")
                    }
                    reading.body = count == 0 ? .none : .length(count)
                } else {
                    reading.body = .untilClose
                }
                return head
            }
        }
    }

    /// The next piece of the body as it came; `nil` at its end.
    package func readBody(within limit: Duration? = nil) async throws -> [UInt8]? {
        try await readBody(by: ContinuousClock.now + (limit ?? self.limit))
    }

    private func readBody(by deadline: ContinuousClock.Instant) async throws -> [UInt8]? {
        try await cancellable(on: readQueue) { client in
            try client.reading.withLock { try client.takeBody(&$0, by: deadline) }
        }
    }

    /// The next event of a body that is a `text/event-stream`; `nil` at its end.
    ///
    /// - Parameter includingEmpty: whether events without data count, which are no messages but places to resume from.
    package func readEvent(
        within limit: Duration? = nil, includingEmpty: Bool = false
    ) async throws -> EventStreamEvent? {
        let deadline = ContinuousClock.now + (limit ?? self.limit)
        return try await cancellable(on: readQueue) { client in
            try client.reading.withLock { reading in
                while true {
                    while let event = reading.events.next() {
                        if includingEmpty || !event.data.isEmpty { return event }
                    }
                    guard let piece = try client.takeBody(&reading, by: deadline) else { return nil }
                    reading.events.append(piece)
                }
            }
        }
    }

    /// How many comment lines the event stream being read has had so far.
    package var eventComments: Int { reading.withLock { $0.events.comments } }

    /// Reads raw bytes until `isEnough` accepts all of them or the peer closes, and returns them.
    package func read(
        within limit: Duration? = nil, until isEnough: @escaping @Sendable ([UInt8]) -> Bool
    ) async throws -> [UInt8] {
        let deadline = ContinuousClock.now + (limit ?? self.limit)
        return try await cancellable(on: readQueue) { client in
            try client.reading.withLock { reading in
                while !isEnough(reading.buffer), try client.fill(&reading, "more bytes", by: deadline) {}
                defer { reading.buffer = [] }
                return reading.buffer
            }
        }
    }

    /// Everything that comes until the peer closes.
    package func readToEnd(within limit: Duration? = nil) async throws -> [UInt8] {
        try await read(within: limit) { _ in false }
    }

    // MARK: Blocking, on the read queue

    /// Reads once. False at the end of the stream.
    private func fill(
        _ reading: inout Reading, _ what: String, by deadline: ContinuousClock.Instant
    ) throws -> Bool {
        if reading.isAtEnd { return false }
        while true {
            let count = withUnsafeTemporaryAllocation(byteCount: 65536, alignment: 16) { buffer in
                let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
                if count > 0 { reading.buffer.append(contentsOf: UnsafeRawBufferPointer(rebasing: buffer[..<count])) }
                return count
            }
            if count > 0 { return true }
            if count == 0 {
                reading.isAtEnd = true
                return false
            }
            if errno == EAGAIN {
                try wait(for: Int16(POLLIN), what, by: deadline)
            } else if errno != EINTR {
                throw ConnectionFailure("recv", errno)
            }
        }
    }

    private func need(_ reading: inout Reading, _ what: String, by deadline: ContinuousClock.Instant) throws {
        if try !fill(&reading, what, by: deadline) {
            let text = String(decoding: reading.buffer.prefix(500), as: UTF8.self)
            throw ConnectionFailure(.endOfStream, "the peer closed before \(what); unread: \(text)")
        }
    }

    /// Up to and without the empty line.
    private func takeHead(_ reading: inout Reading, by deadline: ContinuousClock.Instant) throws -> [UInt8] {
        let mark: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A]
        while true {
            if let range = reading.buffer.firstRange(of: mark) {
                defer { reading.buffer.removeSubrange(..<range.upperBound) }
                return Array(reading.buffer[..<range.lowerBound])
            }
            try need(&reading, "the head of a response", by: deadline)
        }
    }

    private func takeLine(_ reading: inout Reading, by deadline: ContinuousClock.Instant) throws -> String {
        while true {
            if let range = reading.buffer.firstRange(of: [0x0D, 0x0A] as [UInt8]) {
                defer { reading.buffer.removeSubrange(..<range.upperBound) }
                return String(decoding: reading.buffer[..<range.lowerBound], as: UTF8.self)
            }
            try need(&reading, "the end of a chunk's line", by: deadline)
        }
    }

    private func takeBody(_ reading: inout Reading, by deadline: ContinuousClock.Instant) throws -> [UInt8]? {
        switch reading.body {
        case .none: return nil
        case .length(let left):
            let piece = try take(atMost: left, &reading, by: deadline)
            reading.body = piece.count == left ? .none : .length(left - piece.count)
            return piece
        case .chunked(let left):
            if left == 0 { return try startChunk(&reading, by: deadline) }
            let piece = try take(atMost: left, &reading, by: deadline)
            if piece.count == left, try !takeLine(&reading, by: deadline).isEmpty {
                throw ConnectionFailure(.malformed, "a chunk is longer than it says")
            }
            reading.body = .chunked(left: left - piece.count)
            return piece
        case .untilClose:
            if reading.buffer.isEmpty, try !fill(&reading, "the body", by: deadline) {
                reading.body = .none
                return nil
            }
            return try take(atMost: .max, &reading, by: deadline)
        }
    }

    private func startChunk(_ reading: inout Reading, by deadline: ContinuousClock.Instant) throws -> [UInt8]? {
        let line = try takeLine(&reading, by: deadline)
        let digits = line.prefix { $0 != ";" }
        guard let size = Int(digits, radix: 16), size >= 0, digits.first?.isHexDigit == true else {
            throw ConnectionFailure(.malformed, "not the size of a chunk: \(line.prefix(100))")
        }
        if size > 0 {
            reading.body = .chunked(left: size)
            return try takeBody(&reading, by: deadline)
        }
        while try !takeLine(&reading, by: deadline).isEmpty {}  // Trailers.
        reading.body = .none
        return nil
    }

    private func take(
        atMost limit: Int, _ reading: inout Reading, by deadline: ContinuousClock.Instant
    ) throws -> [UInt8] {
        if reading.buffer.isEmpty { try need(&reading, "the rest of the body", by: deadline) }
        let count = min(limit, reading.buffer.count)
        defer { reading.buffer.removeFirst(count) }
        return Array(reading.buffer.prefix(count))
    }

    private func wait(for events: Int16, _ what: String, by deadline: ContinuousClock.Instant) throws {
        while true {
            let left = (deadline - .now).seconds
            guard left > 0 else { throw ConnectionFailure(.deadline, "no \(what) in time") }
            var entry = pollfd(fd: descriptor, events: events, revents: 0)
            let count = poll(&entry, 1, Int32(min(left * 1000 + 1, 60_000)))
            if count > 0 { return }
            if count < 0 && errno != EINTR { throw ConnectionFailure("poll", errno) }
        }
    }

    /// Runs a blocking step; a cancelled task closes the connection, which ends the step.
    private func cancellable<Result: Sendable>(
        on queue: DispatchQueue, _ step: @escaping @Sendable (RawHTTPClient) throws -> Result
    ) async throws -> Result {
        try await withTaskCancellationHandler {
            try Task.checkCancellation()
            do {
                return try await Self.run(on: queue) { [self] in try step(self) }
            } catch {
                try Task.checkCancellation()
                throw error
            }
        } onCancel: {
            shutdown(descriptor, Int32(SHUT_RDWR))
        }
    }

    private static func run<Result: Sendable>(
        on queue: DispatchQueue, _ step: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Swift.Result { try step() }) }
        }
    }
}
