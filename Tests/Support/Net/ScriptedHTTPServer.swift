import CLinux
import Foundation
import Synchronization

/// An HTTP server of 127.0.0.1 that answers each request as a test tells it, right or wrong. Every connection has a
/// thread of its own, so an answer may be as slow as it likes.
package final class ScriptedHTTPServer: Sendable {
    /// Answers a request. Throwing ends the connection, as returning after ``ScriptedConnection/close()`` does.
    package typealias Handler = @Sendable (ScriptedRequest, ScriptedConnection) throws -> Void

    package let port: Int
    package var url: String { "http://127.0.0.1:\(port)/mcp" }
    /// All requests so far, in the order of arrival.
    package let requests = Observed<[ScriptedRequest]>([])
    private let descriptor: Int32
    private let connections = Observed<[Int: ScriptedConnection]>([:])
    private let isAccepting = Observed(true)

    /// - Parameter port: 0 lets the system choose.
    package init(port: Int = 0, _ handler: @escaping Handler) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw ConnectionFailure("socket", errno) }
        var one: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
        address.sin_port = in_port_t(truncatingIfNeeded: port).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, length) == 0 && listen(descriptor, 512) == 0
                    ? getsockname(descriptor, address, &length) : -1
            }
        }
        guard status == 0 else {
            let code = errno
            Glibc.close(descriptor)
            throw ConnectionFailure("bind to port \(port)", code)
        }
        self.port = Int(UInt16(bigEndian: address.sin_port))
        self.descriptor = descriptor
        serve(handler)
    }

    private func serve(_ handler: @escaping Handler) {
        let (descriptor, requests, connections, isAccepting) = (descriptor, requests, connections, isAccepting)
        Thread.detachNewThread {
            var count = 0
            while true {
                // By hand, because the call that accepts does not wait.
                var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
                if poll(&entry, 1, -1) < 0 && errno == EINTR { continue }
                var peer = sockaddr()
                var length = socklen_t(MemoryLayout<sockaddr>.size)
                let accepted = clinux_accept(descriptor, &peer, &length)
                if accepted < 0 && (errno == EINTR || errno == EAGAIN || errno == ECONNABORTED) { continue }
                guard accepted >= 0 else { break }
                _ = fcntl(accepted, F_SETFL, 0)  // Its thread blocks.
                count += 1
                let connection = ScriptedConnection(accepted, number: count)
                connections.update { $0[connection.number] = connection }
                Thread.detachNewThread {
                    do {
                        while let request = try connection.readRequest() {
                            requests.update { $0.append(request) }
                            try handler(request, connection)
                        }
                    } catch {
                        // A broken connection is often what the test is about; the other side tells.
                    }
                    connections.update { open in
                        open[connection.number] = nil
                        Glibc.close(connection.descriptor)
                    }
                }
            }
            isAccepting.update { $0 = false }
        }
    }

    /// Runs `body` with the server, and stops it whatever happens.
    package static func with<Result>(
        port: Int = 0, _ handler: @escaping Handler, body: (ScriptedHTTPServer) async throws -> Result
    ) async throws -> Result {
        let server = try ScriptedHTTPServer(port: port, handler)
        do {
            let result = try await body(server)
            await server.stop()
            return result
        } catch {
            await server.stop()
            throw error
        }
    }

    /// Stops listening and ends all connections.
    package func stop() async {
        shutdown(descriptor, Int32(SHUT_RDWR))
        _ = try? await isAccepting.wait(for: "end of the acceptor") { $0 ? nil : () }
        Glibc.close(descriptor)
        endConnections()
        // A handler that still runs keeps nothing but its own thread and descriptor.
        _ = try? await connections.wait(for: "end of the connections") { $0.isEmpty ? () : nil }
    }

    /// Ends all connections there are; new ones are welcome.
    package func endConnections() {
        connections.update { open in for connection in open.values { connection.close() } }
    }

    package var openConnections: Int { connections.value.count }

    /// The requests so far that ask for this: see ``ScriptedRequest/call``.
    package func requests(for call: String) -> [ScriptedRequest] { requests.value.filter { $0.call == call } }

    /// Waits for a request that asks for this and is matched.
    @discardableResult
    package func request(
        for call: String, where match: @escaping @Sendable (ScriptedRequest) -> Bool = { _ in true }
    ) async throws -> ScriptedRequest {
        try await requests.wait(for: "request for \(call)") { $0.first { $0.call == call && match($0) } }
    }
}
