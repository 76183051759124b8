/// One HTTP client for each loop, so that a request runs where its caller runs.
package final class HTTPClientGroup: Sendable {
    private let clients: [ObjectIdentifier: HTTPClient]

    /// - Throws: when libcurl cannot be set up, which only a lack of memory explains.
    package init(loops: [EventLoop], options: HTTPClientOptions) throws(SystemError) {
        var clients: [ObjectIdentifier: HTTPClient] = [:]
        for loop in loops { clients[ObjectIdentifier(loop)] = try HTTPClient(on: loop, options: options) }
        self.clients = clients
    }

    /// The client of one of the loops given at the start; any other loop is a bug and traps.
    package func client(for loop: EventLoop) -> HTTPClient {
        guard let client = clients[ObjectIdentifier(loop)] else {
            preconditionFailure("loop \(loop.name) has no HTTP client")
        }
        return client
    }

    /// Closes all of them.
    package func close() async {
        for client in clients.values { await client.close() }
    }
}
