import AsyncIO
import Dispatch
import Synchronization
import TestSupport
import Testing

@testable import Gateway

/// A server whose every request opens a stream of one session.
struct SessionStreams: Sendable {
    fileprivate struct Handler: HTTPHandler {
        let session: FrontSession
        let maxBytes: Int
        let ends: Ends

        func handle(_ exchange: HTTPExchange) async {
            let stream = SessionStream(loop: exchange.loop, maxBytes: maxBytes)
            #expect(session.open(stream))
            exchange.detachStream(HTTPResponseHead(.ok), to: stream.events) { _ in
                session.close(stream)
                ends.count.add(1, ordering: .relaxed)
            }
        }
    }

    fileprivate final class Ends: Sendable {
        let count = Atomic(0)
    }

    fileprivate let server: HTTPServer
    fileprivate let loop: EventLoop
    fileprivate let ends: Ends

    /// Opens a stream, and waits until it has begun.
    func open() async throws -> RawHTTPClient {
        let port = try #require(server.boundAddresses.first?.port)
        let client = try await RawHTTPClient(port: Int(port))
        try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try await client.readHead().status == 200)
        return client
    }

    /// Waits until so many streams have ended.
    func waitForEnds(_ count: Int) async throws {
        let deadline = ContinuousClock.now + .seconds(20)
        while ends.count.load(ordering: .relaxed) != count {
            try #require(ContinuousClock.now < deadline, "\(ends.count.load(ordering: .relaxed)) streams have ended")
            try await loop.run { [loop] in try await loop.sleep(for: .milliseconds(1)) }
        }
    }

    /// Runs `body` while the streams' loop does nothing.
    func whileLoopIsHeld(_ body: () -> Void) async throws {
        let isHeld = DispatchSemaphore(value: 0)
        let release = DispatchSemaphore(value: 0)
        loop.execute {
            isHeld.signal()
            release.wait()
        }
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                isHeld.wait()
                continuation.resume()
            }
        }
        body()
        release.signal()
    }
}

func withStreams(
    of session: FrontSession, maxBytes: Int = 1000, _ body: (SessionStreams) async throws -> Void
) async throws {
    let loop = try EventLoop(name: "test")
    try loop.start()
    let ends = SessionStreams.Ends()
    let handler = SessionStreams.Handler(session: session, maxBytes: maxBytes, ends: ends)
    let address = try #require(SocketAddress(ip: "127.0.0.1", port: 0))
    let server = HTTPServer(handler: handler, loops: [loop], addresses: [address])
    try await server.start()
    do {
        try await body(SessionStreams(server: server, loop: loop, ends: ends))
    } catch {
        Issue.record(error)
    }
    await server.drain(within: .seconds(5))
    loop.shutDown()
}
