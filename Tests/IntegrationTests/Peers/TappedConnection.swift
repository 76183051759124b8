import Foundation
import Glibc
import Synchronization
import TestSupport

/// One client's connection through a ``MessageTap``, and the one to the server that goes with it.
final class TappedConnection: Sendable {
    private let client: Int32
    private let server: Int32
    private struct Copies {
        var sent: [UInt8] = []
        var received: [UInt8] = []
        /// How much had been received when the client ended its side.
        var receivedBeforeLeaving: Int?
    }
    private let copies = Mutex(Copies())
    /// How many of the two directions still run. The descriptors are closed by whoever ends last: until then their
    /// numbers cannot come to mean something else.
    private let running = Mutex(2)

    /// Takes over two connected sockets.
    init(client: Int32, server: Int32) {
        self.client = client
        self.server = server
        var on: Int32 = 1
        for descriptor in [client, server] {
            setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        }
    }

    /// Everything the client has sent so far.
    var sent: [UInt8] { copies.withLock { $0.sent } }
    /// Everything the server has sent so far.
    var received: [UInt8] { copies.withLock { $0.received } }
    /// How much of ``received`` had come when the client closed the connection; `nil` while it has not.
    var receivedBeforeLeaving: Int? { copies.withLock { $0.receivedBeforeLeaving } }

    func start() {
        Thread.detachNewThread { self.pass(from: self.client, to: self.server) { $0.sent += $1 } }
        Thread.detachNewThread { self.pass(from: self.server, to: self.client) { $0.received += $1 } }
    }

    /// Ends both directions at once.
    func cut() {
        running.withLock { running in
            guard running > 0 else { return }
            SocketShutdown.both(client)
            SocketShutdown.both(server)
        }
    }

    private func pass(
        from source: Int32, to target: Int32, keep: (inout Copies, Slice<UnsafeRawBufferPointer>) -> Void
    ) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65536, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let count = recv(source, buffer.baseAddress, buffer.count, 0)
            if count < 0 && errno == EINTR { continue }
            if count <= 0 { break }
            // Kept before it is passed on: whoever has seen an answer finds it here.
            let piece = UnsafeRawBufferPointer(buffer)[..<count]
            copies.withLock { keep(&$0, piece) }
            if !Self.send(UnsafeRawBufferPointer(rebasing: piece), to: target) { break }
        }
        if source == client { copies.withLock { $0.receivedBeforeLeaving = $0.received.count } }
        running.withLock { running in
            running -= 1
            // A server that has closed gets no more, and a client that has vanished wants no more. A client that has only
            // finished sending still wants its answer.
            SocketShutdown.writing(target)
            if source == server { SocketShutdown.both(client) }
            if running == 0 {
                close(client)
                close(server)
            }
        }
    }

    private static func send(_ bytes: UnsafeRawBufferPointer, to target: Int32) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = Glibc.send(target, bytes.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }
}
