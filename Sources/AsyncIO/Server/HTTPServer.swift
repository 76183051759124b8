import Glibc
import Synchronization

/// An HTTP/1.1 server on event loops: each loop has its own listeners and its own connections.
package final class HTTPServer: Sendable {
    private let shares: [HTTPServerLoop]
    private let addresses: [SocketAddress]
    private let bound = Mutex<[SocketAddress]>([])
    package let counters = HTTPServerCounters()

    /// - Parameters:
    ///   - loops: at least one; the server does not end them.
    ///   - addresses: where to listen. Port 0 lets the kernel choose one, the same for all loops. A Unix socket is
    ///     served by the first loop alone.
    package init(
        handler: any HTTPHandler, limits: HTTPServerLimits = HTTPServerLimits(), loops: [EventLoop],
        addresses: [SocketAddress]
    ) {
        precondition(!loops.isEmpty, "a server needs a loop")
        let counters = self.counters
        shares = loops.map { HTTPServerLoop(loop: $0, handler: handler, limits: limits, counters: counters) }
        self.addresses = addresses
    }

    /// The addresses in use, in the order given, once ``start()`` has returned.
    package var boundAddresses: [SocketAddress] { bound.withLock { $0 } }

    /// Binds, listens and begins to answer. Call once.
    ///
    /// - Throws: what the kernel said about the first address it refused; the others are closed again.
    package func start() async throws(HTTPServerStartError) {
        // A write to a client that is gone must be an error of that write, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        for address in addresses {
            do throws(SystemError) {
                try await listen(on: address)
            } catch {
                await drain(within: .zero)
                throw HTTPServerStartError(address: address, error: error)
            }
        }
    }

    private func listen(on address: SocketAddress) async throws(SystemError) {
        let isShared = shares.count > 1 && address.port != nil
        let first = try await Self.listen(shares[0], on: address, sharing: isShared ? .opens : .none)
        if isShared {
            for share in shares.dropFirst() { _ = try await Self.listen(share, on: first, sharing: .joins) }
        }
        bound.withLock { $0.append(first) }
    }

    private static func listen(
        _ share: HTTPServerLoop, on address: SocketAddress, sharing: Listener.PortSharing
    ) async throws(SystemError) -> SocketAddress {
        try await Task(executorPreference: share.loop) { () -> Result<SocketAddress, SystemError> in
            do throws(SystemError) {
                return .success(try share.listen(on: address, sharing: sharing))
            } catch {
                return .failure(error)
            }
        }.value.get()
    }

    /// Ends the server: stops listening, closes idle connections at once, lets requests in flight finish with
    /// `Connection: close`, and cuts those that have not finished in time.
    ///
    /// - Returns: how many connections were cut.
    @discardableResult
    package func drain(within limit: Duration) async -> Int {
        let deadline = MonotonicInstant.now + limit
        return await withTaskGroup(of: Int.self) { group in
            for share in shares {
                group.addTask(executorPreference: share.loop) { await share.drain(until: deadline) }
            }
            return await group.reduce(0, +)
        }
    }
}
