import CLinux
import Foundation
import Synchronization
import TestSupport

/// Stands between an HTTP client and its server, passes every byte on unchanged, and keeps a copy of all of them.
///
/// It understands nothing while it passes bytes on, so it cannot change how the two treat each other; what was said is
/// taken apart afterwards by ``exchanges()``.
final class MessageTap: Sendable {
    private let listener: Int32
    private let serverPort: Int
    /// Where clients connect.
    let port: Int

    private struct State {
        var isStopped = false
        var connections: [TappedConnection] = []
    }
    private let state = Mutex(State())

    /// Listens on a port of 127.0.0.1 that the system chooses.
    ///
    /// - Parameter serverPort: the port of 127.0.0.1 that the server listens on. While nothing listens there, clients are
    ///   disconnected at once.
    init(serverPort: Int) throws {
        self.serverPort = serverPort
        listener = try Self.makeListener()
        do {
            port = try Self.localPort(of: listener)
        } catch {
            Glibc.close(listener)
            throw error
        }
        Thread.detachNewThread { self.accept() }
    }

    /// Runs `body` with a tap, and stops the tap whatever happens.
    static func with<Result>(serverPort: Int, body: (MessageTap) async throws -> Result) async throws -> Result {
        let tap = try MessageTap(serverPort: serverPort)
        defer { tap.stop() }
        return try await body(tap)
    }

    /// Ends all connections and takes no more. May be called twice.
    func stop() {
        state.withLock { state in
            if !state.isStopped { SocketShutdown.both(listener) }
            state.isStopped = true
            for connection in state.connections { connection.cut() }
        }
    }

    /// What the connections have carried so far, in the order in which they were made.
    func exchanges() throws -> [TappedExchange] {
        let connections = state.withLock { $0.connections }
        return try connections.enumerated().flatMap { index, connection in
            try TappedExchange.parse(
                requests: connection.sent, responses: connection.received,
                receivedBeforeLeaving: connection.receivedBeforeLeaving, connection: index)
        }
    }

    // MARK: The listening thread

    private func accept() {
        defer { Glibc.close(listener) }
        while true {
            let client = clinux_accept(listener, nil, nil)
            if client < 0 {
                if errno == EINTR || errno == ECONNABORTED { continue }
                return
            }
            // Two threads wait for each connection, and for nothing else.
            _ = fcntl(client, F_SETFL, fcntl(client, F_GETFL) & ~O_NONBLOCK)
            guard let server = Self.connected(to: serverPort) else {
                Glibc.close(client)
                continue
            }
            let connection = TappedConnection(client: client, server: server)
            state.withLock { state in
                state.connections.append(connection)
                if state.isStopped { connection.cut() }
            }
            connection.start()
        }
    }

    private static func makeListener() throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
        let isListening =
            withLoopback(port: 0) { bind(descriptor, $0, $1) == 0 } && listen(descriptor, 512) == 0
        guard isListening else {
            let code = errno
            Glibc.close(descriptor)
            throw POSIXError(.init(rawValue: code) ?? .EIO)
        }
        return descriptor
    }

    private static func localPort(of descriptor: Int32) throws -> Int {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        guard status == 0 else { throw POSIXError(.init(rawValue: errno) ?? .EIO) }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    private static func connected(to port: Int) -> Int32? {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        guard withLoopback(port: port, { connect(descriptor, $0, $1) == 0 }) else {
            Glibc.close(descriptor)
            return nil
        }
        return descriptor
    }

    private static func withLoopback<Result>(
        port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(truncatingIfNeeded: port).bigEndian
        address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
    }
}
