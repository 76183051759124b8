import Synchronization

@testable import AsyncIO

/// A TCP or Unix socket server on a loop of its own, that does with each connection what a test tells it.
final class RawServer: Sendable {
    private let loop: EventLoop
    let address: SocketAddress
    private let listener: Listener
    private let counter: Counter
    private let acceptor: Task<Void, Never>

    private final class Counter: Sendable {
        let value = Atomic<Int>(0)
    }

    enum Failure: Error { case noAddress }

    var acceptedConnections: Int { counter.value.load(ordering: .acquiring) }

    /// `http://…` of the server, without a slash at the end.
    var url: String { "http://\(address)" }

    /// - Parameter serve: is told the connection and its number, from 1. The connection is closed when it returns.
    init(
        at address: SocketAddress? = SocketAddress(ip: "127.0.0.1", port: 0),
        _ serve: @escaping @Sendable (RawConnection, Int) async throws -> Void
    ) async throws {
        guard let address else { throw Failure.noAddress }
        let loop = try EventLoop(name: "raw-server")
        try loop.start()
        let listener = try await loop.run { try Listener(on: loop, address: address) }
        let counter = Counter()
        self.loop = loop
        self.listener = listener
        self.address = listener.address
        self.counter = counter
        acceptor = Task(executorPreference: loop) {
            await withDiscardingTaskGroup { group in
                while !Task.isCancelled, let accepted = try? await listener.accept() {
                    let number = counter.value.wrappingAdd(1, ordering: .releasing).newValue
                    group.addTask(executorPreference: loop) {
                        // A broken connection is often what the test is about; the client's side tells.
                        try? await serve(RawConnection(accepted.stream), number)
                        accepted.stream.close()
                    }
                }
                group.cancelAll()
            }
            listener.close()
        }
    }

    func stop() async {
        acceptor.cancel()
        await acceptor.value
        loop.shutDown()
    }
}
