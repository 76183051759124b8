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
            let events = HTTPEventStream(loop: exchange.loop, maxBacklogBytes: maxBytes)
            let eventID = exchange.head.headers.first("Last-Event-ID")
            let opened = eventID.map { session.resume($0, on: events) } ?? session.openStandalone(on: events)
            guard let stream = opened else { return await exchange.respond(HTTPResponseHead(.badRequest)) }
            exchange.detachStream(HTTPResponseHead(.ok), to: events) { _ in
                session.carrierEnded(events, of: stream)
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
    ///
    /// - Parameter eventID: of the last event the client has seen, to go on with its stream.
    func open(after eventID: String? = nil) async throws -> RawHTTPClient {
        let client = try await request(after: eventID)
        #expect(try await client.readHead().status == 200)
        return client
    }

    /// Asks for a stream; the answer has not been read yet.
    func request(after eventID: String? = nil) async throws -> RawHTTPClient {
        let port = try #require(server.boundAddresses.first?.port)
        let client = try await RawHTTPClient(port: Int(port))
        let resumption = eventID.map { "Last-Event-ID: \($0)\r\n" } ?? ""
        try await client.send("GET / HTTP/1.1\r\nHost: a\r\n\(resumption)\r\n")
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
