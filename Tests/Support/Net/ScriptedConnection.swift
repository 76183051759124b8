import Glibc
import Synchronization

/// The server's end of one connection of a ``ScriptedHTTPServer``, for the thread that serves it. Calls block, for at
/// most ``patience`` each.
// Unchecked: `received` is touched by the serving thread only; the descriptor is closed when that thread is done.
package final class ScriptedConnection: @unchecked Sendable {
    package static let patience = 20

    /// From 1, in the order of arrival.
    package let number: Int
    let descriptor: Int32
    private var received: [UInt8] = []
    private let sent = Atomic<Int>(0)

    init(_ descriptor: Int32, number: Int) {
        self.descriptor = descriptor
        self.number = number
        var limit = timeval(tv_sec: Self.patience, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Bytes the kernel has taken so far; readable from any thread.
    package var sentBytes: Int { sent.load(ordering: .relaxed) }

    // MARK: Reading

    /// The next request; `nil` when the client has closed between two.
    func readRequest() throws -> ScriptedRequest? {
        let end: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A]
        var split = received.firstRange(of: end)
        while split == nil {
            guard try readMore() else {
                if received.isEmpty { return nil }
                throw ConnectionFailure(.endOfStream, "the client closed in the middle of a request")
            }
            split = received.firstRange(of: end)
        }
        guard let split else { return nil }
        let head = String(decoding: received[..<split.lowerBound], as: UTF8.self)
        received.removeFirst(split.upperBound)
        var lines = head.split(separator: "\r\n")[...]
        let requestLine = lines.popFirst()?.split(separator: " ") ?? []
        guard requestLine.count == 3 else { throw ConnectionFailure(.malformed, "no request line: \(head)") }
        let fields = lines.map { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            return (
                name: String(parts[0]), value: parts.count > 1 ? String(parts[1].drop { $0 == " " }) : ""
            )
        }
        let length = fields.first { $0.name.lowercased() == "content-length" }.flatMap { Int($0.value) } ?? 0
        while received.count < length {
            guard try readMore() else { throw ConnectionFailure(.endOfStream, "the client closed in a body") }
        }
        defer { received.removeFirst(length) }
        return ScriptedRequest(
            method: String(requestLine[0]), target: String(requestLine[1]), fields: fields,
            body: Array(received.prefix(length)), connection: number)
    }

    private func readMore() throws -> Bool {
        while true {
            let count = withUnsafeTemporaryAllocation(byteCount: 65536, alignment: 16) { buffer in
                let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
                if count > 0 { received.append(contentsOf: UnsafeRawBufferPointer(rebasing: buffer[..<count])) }
                return count
            }
            if count > 0 { return true }
            if count == 0 { return false }
            if errno == EINTR { continue }
            throw ConnectionFailure("recv", errno)
        }
    }

    /// Waits until the client closes or resets, throwing away what it still sends.
    package func waitForClose() {
        do {
            while try readMore() {}
        } catch {
            // A reset is an end, too.
        }
    }

    // MARK: Writing

    package func write(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { throw ConnectionFailure("send", errno) }
            sent.wrappingAdd(count, ordering: .relaxed)
            rest.removeFirst(count)
        }
    }

    package func write(_ text: String) throws { try write(Array(text.utf8)) }

    /// A whole answer.
    package func answer(
        _ status: Int = 200, type: String? = "application/json", fields: String = "", _ body: String = ""
    ) throws {
        try write(
            "HTTP/1.1 \(status) Scripted\r\n" + (type.map { "Content-Type: \($0)\r\n" } ?? "")
                + "Content-Length: \(body.utf8.count)\r\n\(fields)\r\n\(body)")
    }

    /// A whole answer that is JSON.
    package func answer(_ json: String) throws { try answer(200, json) }

    /// A JSON-RPC result as JSON.
    package func result(_ result: String, of request: ScriptedRequest, fields: String = "") throws {
        try answer(fields: fields, #"{"jsonrpc":"2.0","id":\#(request.id),"result":\#(result)}"#)
    }

    /// Begins an answer in chunks.
    package func beginChunks(type: String, fields: String = "") throws {
        try write("HTTP/1.1 200 OK\r\nContent-Type: \(type)\r\nTransfer-Encoding: chunked\r\n\(fields)\r\n")
    }

    package func chunk(_ text: String) throws { try write("\(String(text.utf8.count, radix: 16))\r\n\(text)\r\n") }

    package func endChunks() throws { try write("0\r\n\r\n") }

    /// Begins an answer that is a stream of events.
    package func beginEvents(fields: String = "") throws {
        try beginChunks(type: "text/event-stream", fields: fields)
    }

    package func event(_ data: String) throws { try chunk("event: message\ndata: \(data)\n\n") }

    // MARK: Ending

    /// Ends the connection in an orderly way.
    package func close() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// Ends it as a crashed server does; the client gets a reset.
    package func reset() {
        var linger = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
        var nowhere = sockaddr()
        nowhere.sa_family = sa_family_t(AF_UNSPEC)
        connect(descriptor, &nowhere, socklen_t(MemoryLayout<sockaddr>.size))
    }
}
