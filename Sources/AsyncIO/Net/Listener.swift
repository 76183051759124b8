import CLinux
import Glibc

/// A listening socket on a loop.
// Unchecked: all state is touched on the loop's thread only.
package final class Listener: ReadinessHandler, @unchecked Sendable {
    package let loop: EventLoop
    /// The address in use, with the port the kernel chose where port 0 was asked for.
    package let address: SocketAddress
    private let descriptor: Int32
    private var registration: Registration?
    private let signal: LoopSignal
    private let unlinksPath: Bool

    /// Connections the kernel holds for us until they are accepted.
    package static let backlog: Int32 = 4096

    /// How a port is shared among the listeners of one process, each on a loop of its own, so that the kernel spreads
    /// the connections (`SO_REUSEPORT`).
    package enum PortSharing: Sendable {
        case none
        /// The first listener. It binds alone, so that a port which another process has is refused, even if that one
        /// shares it, and lets others join from then on.
        case opens
        /// One of the others, on the address of the first.
        case joins
    }

    /// Binds and listens. Call on the loop.
    ///
    /// - Parameter sharing: whether others may listen on the same port. Of no meaning to a Unix socket, which one
    ///   listener serves.
    package init(on loop: EventLoop, address: SocketAddress, sharing: PortSharing = .none) throws(SystemError) {
        loop.preconditionInLoop()
        let raw = clinux_stream_socket(address.family)
        guard raw >= 0 else { throw SystemError(operation: "socket") }
        let owned = OwnedDescriptor(adopting: raw)
        if case .unix(let path) = address.kind {
            try Self.removeStaleSocket(at: path, address: address)
            unlinksPath = true
        } else {
            unlinksPath = false
            try Self.enable(SO_REUSEADDR, on: raw)
            if sharing == .joins { try Self.enable(SO_REUSEPORT, on: raw) }
            if address.family == AF_INET6 {
                // An IPv4 listener on the same port must stay possible.
                var on: Int32 = 1
                guard
                    setsockopt(raw, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &on, socklen_t(MemoryLayout<Int32>.size)) == 0
                else { throw SystemError(operation: "setsockopt") }
            }
        }
        guard address.withRaw({ bind(raw, $0, $1) }) == 0 else { throw SystemError(operation: "bind") }
        if sharing == .opens, !unlinksPath { try Self.enable(SO_REUSEPORT, on: raw) }
        guard listen(raw, Self.backlog) == 0 else { throw SystemError(operation: "listen") }
        self.address = unlinksPath ? address : try SocketAddress.local(of: raw)
        self.loop = loop
        descriptor = raw
        signal = LoopSignal(loop: loop)
        registration = nil
        registration = try loop.register(raw, for: [.readable, .edgeTriggered], handler: self)
        _ = owned.release()
    }

    private static func enable(_ option: Int32, on descriptor: Int32) throws(SystemError) {
        var on: Int32 = 1
        guard setsockopt(descriptor, SOL_SOCKET, option, &on, socklen_t(MemoryLayout<Int32>.size)) == 0 else {
            throw SystemError(operation: "setsockopt")
        }
    }

    /// Removes the socket file a dead process left behind. One that somebody listens on stays, and `bind` says so.
    private static func removeStaleSocket(at path: String, address: SocketAddress) throws(SystemError) {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK else { return }
        let raw = clinux_stream_socket(AF_UNIX)
        guard raw >= 0 else { throw SystemError(operation: "socket") }
        let probe = OwnedDescriptor(adopting: raw)
        if address.withRaw({ Glibc.connect(probe.rawValue, $0, $1) }) != 0, errno == ECONNREFUSED { unlink(path) }
    }

    package func handleReadiness(_ readiness: Readiness) { signal.signal() }

    package struct Accepted: Sendable {
        package let stream: IOStream
        /// `nil` for a Unix socket, whose client has no name.
        package let peer: SocketAddress?
    }

    /// Waits for the next connection.
    ///
    /// - Returns: `nil` once the listener is closed or the task is cancelled.
    /// - Throws: when the process is out of descriptors or memory; the connection waits, so try again a little later.
    package func accept() async throws(SystemError) -> Accepted? {
        loop.preconditionInLoop()
        while registration != nil {
            var storage = sockaddr_storage()
            var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
            let accepted = withUnsafeMutablePointer(to: &storage) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { clinux_accept(descriptor, $0, &length) }
            }
            if accepted >= 0 {
                let stream = try IOStream(adopting: OwnedDescriptor(adopting: accepted), on: loop)
                let peer = unlinksPath ? nil : SocketAddress(storage: storage, length: length)
                return Accepted(stream: stream, peer: peer)
            }
            switch errno {
            case EAGAIN:
                if await signal.wait() == .cancelled { return nil }
            case EINTR, ECONNABORTED, EPROTO, ENETDOWN, EHOSTDOWN, ENETUNREACH, EHOSTUNREACH, ENONET, ENOPROTOOPT,
                EOPNOTSUPP:
                continue  // The connection died before it was accepted; accept(2) asks to try the next.
            default:
                throw SystemError(operation: "accept4")
            }
        }
        return nil
    }

    /// Stops listening. Connections not yet accepted are reset by the kernel.
    package func close() {
        loop.preconditionInLoop()
        guard let registration else { return }
        self.registration = nil
        loop.deregister(registration)
        _ = Glibc.close(descriptor)
        if unlinksPath, case .unix(let path) = address.kind { unlink(path) }
        signal.signal()
    }
}
