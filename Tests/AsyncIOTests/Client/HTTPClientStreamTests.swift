import Synchronization
import Testing

@testable import AsyncIO

@Suite("HTTP client and bodies that take their time", .bothWays)
struct HTTPClientStreamTests {
    @Test("an answer arrives whole however its bytes are cut", arguments: [1, 2, 7])
    func dribbles(piece: Int) async throws {
        let answer = Array(
            ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
                + "HTTP/1.1 201 Created\r\nX-A: b\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "3\r\nabc\r\n5;ext=1\r\ndefgh\r\n0\r\nX-Trailer: t\r\n\r\n").utf8)
        try await withClientAndServer(serving: { connection, _ in
            while true {
                _ = try await connection.readRequest()
                for start in stride(from: 0, to: answer.count, by: piece) {
                    try await connection.stream.write(answer[start..<min(start + piece, answer.count)])
                }
            }
        }) { client, server in
            for _ in 1...3 {
                let response = try await client.send(get(server.url), deadline: .soon)
                #expect(response.status == 201)
                #expect(response.headers.first("Link") == nil)
                #expect(response.headers.first("X-A") == "b")
                #expect(response.headers.first("X-Trailer") == nil)
                #expect(try await response.readAll(upTo: 100, until: .soon).text == "abcdefgh")
            }
            #expect(server.acceptedConnections == 1)
        }
    }

    @Test("a compressed stream is given out as it arrives, without its coding, and only where that was asked for")
    func compressed() async throws {
        // Two events, flushed one by one.
        let first: [UInt8] = [
            31, 139, 8, 0, 0, 0, 0, 0, 2, 255, 74, 73, 44, 73, 180, 82, 200, 207, 75, 229, 226, 2, 0, 0, 0, 255, 255,
        ]
        let second: [UInt8] = [75, 1, 51, 75, 202, 243, 185, 184, 0, 162, 13, 74, 63, 22, 0, 0, 0]
        let taken = Atomic<Int>(0)
        try await withClientAndServer(serving: { connection, _ in
            let request = try await connection.readRequest()
            #expect(request.field("Accept-Encoding") == "gzip")
            try await connection.write("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n")
            try await connection.stream.write(first[...])
            while taken.load(ordering: .acquiring) == 0 { try await Task.sleep(for: .milliseconds(1)) }
            try await connection.stream.write(second[...])
        }) { client, server in
            var request = get(server.url)
            request.decodesContent = true
            let response = try await client.send(request, deadline: .soon)
            #expect(try await response.nextChunk(until: .soon)?.text == "data: one\n\n")
            taken.store(1, ordering: .releasing)
            #expect(try await response.readAll(upTo: 100, until: .soon).text == "data: two\n\n")
        }
        try await withClientAndServer(serving: { connection, _ in
            let request = try await connection.readRequest()
            try await connection.answer(
                request.field("Accept-Encoding") ?? "none", fields: "Content-Encoding: gzip\r\n")
        }) { client, server in
            let response = try await client.send(get(server.url), deadline: .soon)
            #expect(try await response.readAll(upTo: 100, until: .soon).text == "none")
        }
    }

    @Test("pieces of a stream are given out as they arrive")
    func stream() async throws {
        let asked = Atomic<Int>(0)
        try await withClientAndServer(serving: { connection, _ in
            _ = try await connection.readRequest()
            try await connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            for number in 0..<5 {
                // Waits until the reader has seen the piece before.
                while asked.load(ordering: .acquiring) < number {
                    try await connection.stream.loop.sleep(for: .milliseconds(1))
                }
                try await connection.write("2\r\n\(number)\n\r\n")
            }
            try await connection.write("0\r\n\r\n")
            await connection.waitForClose()
        }) { client, server in
            let response = try await client.send(get(server.url), deadline: .soon)
            for number in 0..<5 {
                #expect(try await response.nextChunk(until: .soon)?.text == "\(number)\n")
                asked.store(number + 1, ordering: .releasing)
            }
            #expect(try await response.nextChunk(until: .soon) == nil)
            #expect(try await response.nextChunk(until: .soon) == nil)
        }
    }

    @Test("a reader that never has to wait still lets others of its loop run")
    func fairness() async throws {
        let size = 16 << 20
        try await withClientAndServer(serving: { connection, _ in
            _ = try await connection.readRequest()
            try await connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n")
            let piece = [UInt8](repeating: 0x61, count: 1 << 20)
            for _ in 0..<16 { try await connection.stream.write(piece[...]) }
            await connection.waitForClose()
        }) { client, server in
            let response = try await client.send(get(server.url), deadline: .soon)
            let other = Turns(on: client.loop)
            other.take()
            var total = 0
            while let chunk = try await response.nextChunk(until: .soon) { total += chunk.count }
            other.isStopped = true
            #expect(total == size)
            #expect(other.count >= 16)
        }
    }

    @Test("a slow reader makes the server wait, and gets every byte")
    func backPressure() async throws {
        // Pieces of a length that fits no buffer, each of one byte value.
        let piece = 9_973
        let pieces = 5_000
        let written = Atomic<Int>(0)
        let served = Fact()
        var options = HTTPClientOptions()
        options.maxUnreadBytes = 64 * 1024
        try await withClientAndServer(
            options,
            serving: { connection, _ in
                _ = try await connection.readRequest()
                try await connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(piece * pieces)\r\n\r\n")
                for number in 0..<pieces {
                    try await connection.stream.write(
                        [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: piece))
                    written.store((number + 1) * piece, ordering: .releasing)
                }
                served.comeTrue()
            }
        ) { client, server in
            let response = try await client.send(get(server.url), deadline: .soon)
            // Once the server stands still, what it has written lies in the kernel and the client: far from all.
            var before = -1
            while written.load(ordering: .acquiring) != before {
                before = written.load(ordering: .acquiring)
                try await client.loop.sleep(for: .milliseconds(100))
            }
            #expect(before < 20_000_000)
            var received: [UInt8] = []
            received.reserveCapacity(piece * pieces)
            var largest = 0
            while let chunk = try await response.nextChunk(until: .soon) {
                largest = max(largest, chunk.count)
                received += chunk
            }
            #expect(received.count == piece * pieces)
            #expect(largest <= 64 * 1024 + 16 * 1024)
            for number in 0..<min(pieces, received.count / piece) {
                let expected = UInt8(truncatingIfNeeded: number)
                #expect(received[number * piece] == expected && received[(number + 1) * piece - 1] == expected)
            }
            try await served.wait()
        }
    }

    @Test("a body read whole may be larger than what waits unread")
    func readsLargeBody() async throws {
        let body = String(repeating: "0123456789", count: 200_000)
        try await withClientAndServer(serving: { connection, _ in
            while true {
                _ = try await connection.readRequest()
                try await connection.answer(body)
            }
        }) { client, server in
            for pause in [false, true] {
                let response = try await client.send(get(server.url), deadline: .soon)
                if pause {
                    #expect(try await response.nextChunk(until: .soon)?.isEmpty == false)
                    try await client.loop.sleep(for: .milliseconds(20))
                    let rest = try await response.readAll(upTo: 3_000_000, until: .soon)
                    #expect(rest.count < body.utf8.count && body.utf8.reversed().starts(with: rest.reversed()))
                } else {
                    #expect(try await response.readAll(upTo: 3_000_000, until: .soon).text == body)
                }
            }
        }
    }

    // MARK: Cancelling

    enum Stage: String, CaseIterable, Sendable { case beforeHead, withinHead, withinBody, paused }

    @Test("cancelling the task drops the transfer, and the server sees it", arguments: Stage.allCases)
    func cancels(stage: Stage) async throws {
        let reached = Fact()
        let closed = Fact()
        try await withClientAndServer(serving: { connection, _ in
            _ = try await connection.readRequest()
            switch stage {
            case .beforeHead: break
            case .withinHead: try await connection.write("HTTP/1.1 200 OK\r\nX-")
            case .withinBody: try await connection.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n123")
            case .paused:
                try await connection.write("HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n")
                try? await connection.stream.write(
                    [UInt8](repeating: 1, count: 9_000_000), until: .now + .milliseconds(100))
            }
            reached.comeTrue()
            await connection.waitForClose()
            closed.comeTrue()
        }) { client, server in
            let task = Task(executorPreference: client.loop) { () async -> HTTPClientError? in
                do throws(HTTPClientError) {
                    let response = try await client.send(get(server.url), deadline: .soon)
                    if stage == .paused {
                        try? await reached.wait()
                        withUnsafeCurrentTask { $0?.cancel() }
                        try? await client.loop.sleep(for: .seconds(1))
                        return .cancelled
                    }
                    _ = try await response.readAll(upTo: 9_000_000, until: .soon)
                    return nil
                } catch {
                    return error
                }
            }
            try await reached.wait()
            task.cancel()
            #expect(await task.value == .cancelled)
            try await closed.wait()
            #expect(await client.statistics.transfersInFlight == 0)
        }
    }

    @Test("a response that is let go of drops its transfer")
    func letGo() async throws {
        let closed = Fact()
        try await withClientAndServer(serving: { connection, _ in
            _ = try await connection.readRequest()
            try await connection.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n123")
            await connection.waitForClose()
            closed.comeTrue()
        }) { client, server in
            #expect(try await client.send(get(server.url), deadline: .soon).status == 200)
            try await closed.wait()
            #expect(await client.statistics.transfersInFlight == 0)
        }
    }

    @Test("cancelling while connecting leaves nothing")
    func cancelsConnecting() async throws {
        try await withClient { client in
            // A name look-up that is dropped in the middle must not hold up the loop.
            let task = Task(executorPreference: client.loop) {
                try await client.send(get("http://no-such-host.invalid/"), deadline: .soon)
            }
            await Task.yield()
            task.cancel()
            await #expect(throws: HTTPClientError.self) { _ = try await task.value }
        }
    }
}

/// Somebody else on a loop, who runs whenever it is their turn.
// Unchecked: touched on the loop's thread only.
private final class Turns: @unchecked Sendable {
    private let loop: EventLoop
    var isStopped = false
    private(set) var count = 0

    init(on loop: EventLoop) { self.loop = loop }

    func take() {
        guard !isStopped else { return }
        count += 1
        loop.execute { [self] in take() }
    }
}
