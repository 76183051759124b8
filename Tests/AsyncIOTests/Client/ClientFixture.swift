import Testing

@testable import AsyncIO

/// Runs a test with a client on a loop, then checks that it has left nothing behind: no transfer, no socket, no timer.
func withClient(
    _ options: HTTPClientOptions = HTTPClientOptions(), sourceLocation: SourceLocation = #_sourceLocation,
    _ body: @escaping @Sendable (HTTPClient) async throws -> Void
) async throws {
    var options = options
    options.sendsPlainHTTPThroughLibcurl = BothWays.throughLibcurl
    let settled = options
    let loop = try EventLoop(name: "client")
    try loop.start()
    let client = try await loop.run { try HTTPClient(on: loop, options: settled) }
    let outcome = await Result { try await loop.run { try await body(client) } }
    let before = await client.statistics
    #expect(before.transfersInFlight == 0, "a transfer was left behind", sourceLocation: sourceLocation)
    await client.close()
    let after = await client.statistics
    #expect(after.openSockets == 0, "a socket was left behind", sourceLocation: sourceLocation)
    #expect(after.idleHandles == 0, sourceLocation: sourceLocation)
    let timers = try await loop.run { loop.pendingTimers }
    #expect(timers == 0, "a timer was left behind", sourceLocation: sourceLocation)
    loop.shutDown()
    try outcome.get()
}

/// As ``withClient(_:sourceLocation:_:)``, with a server beside it.
func withClientAndServer(
    _ options: HTTPClientOptions = HTTPClientOptions(), sourceLocation: SourceLocation = #_sourceLocation,
    serving serve: @escaping @Sendable (RawConnection, Int) async throws -> Void,
    _ body: @escaping @Sendable (HTTPClient, RawServer) async throws -> Void
) async throws {
    let server = try await RawServer(serve)
    let outcome = await Result {
        try await withClient(options, sourceLocation: sourceLocation) { client in try await body(client, server) }
    }
    await server.stop()
    try outcome.get()
}

extension Result where Failure == any Error {
    init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}

extension [UInt8] {
    var text: String { String(decoding: self, as: UTF8.self) }
}

extension MonotonicInstant {
    /// A deadline that no test reaches unless it hangs.
    static var soon: MonotonicInstant { .now + .seconds(20) }
}

func get(_ url: String) -> HTTPClientRequest { HTTPClientRequest(method: "GET", url: url) }

func post(_ url: String, _ body: String) -> HTTPClientRequest {
    HTTPClientRequest(
        method: "POST", url: url, headers: [("Content-Type", "application/json")], body: Array(body.utf8)[...])
}
