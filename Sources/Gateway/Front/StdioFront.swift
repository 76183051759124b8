import AsyncIO
import MCPProtocol
import Synchronization

/// The gateway as a stdio MCP server: one client, one JSON-RPC message a line (MCP 2025-11-25, Transports, "stdio").
actor StdioFront {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    private let dispatcher: LegacyDispatcher
    private let input: IOStream
    private let channel: LineChannel
    private let client: ChannelSession

    /// - Throws: when the standard descriptors cannot be used.
    static func open(
        _ dispatcher: LegacyDispatcher, _ modern: ModernDispatcher, on loop: EventLoop
    ) async throws -> StdioFront {
        try await loop.run {
            StdioFront(
                dispatcher, modern, input: try StandardDescriptor.openInput(on: loop),
                output: try StandardOutput(on: loop), on: loop)
        }
    }

    private init(
        _ dispatcher: LegacyDispatcher, _ modern: ModernDispatcher, input: IOStream, output: StandardOutput,
        on loop: EventLoop
    ) {
        self.dispatcher = dispatcher
        self.loop = loop
        self.input = input
        channel = LineChannel(output, on: loop)
        client = ChannelSession(dispatcher, modern: modern, channel: channel)
    }

    /// Serves until the client closes its end, or no longer reads; then ends its session.
    func run() async {
        var framer = LineFramer(maxMessageBytes: dispatcher.limits.maxBodyBytes)
        do {
            while try await input.read({ framer.append($0) }) != nil {
                while let line = try framer.next() {
                    // A copy: the line is a part of the framer's buffer, and the message may wait.
                    do throws(JSONRPCParseError) {
                        try client.take(Array(line)[...], on: loop)
                    } catch {
                        dispatcher.log.warning("line is no JSON-RPC message", ["reason": error.message])
                    }
                }
                await channel.room()
                if channel.isClosed { break }
            }
        } catch let failure as LineFramer.Failure {
            channel.push(
                JSONRPC.error(id: nil, .invalidRequest("the client wrote a \(failure) (limits.maxBodyBytes)")))
            dispatcher.log.error("standard input given up", ["reason": failure.description])
        } catch {
            dispatcher.log.info("standard input ended", ["reason": "\(error)"])
        }
        // Whoever pipes its requests in has said all it has to say and waits for the answers.
        await client.finish(within: dispatcher.limits.stopTimeout, on: loop)
        await client.end(reason: "the client closed standard input")
        await channel.flushed()
        input.close()
    }
}

/// The output of a stdio server: messages leave as lines, many in one write.
// Unchecked: `queue` is synchronized; `output` is used on the loop only.
final class LineChannel: FrontChannel, @unchecked Sendable {
    private struct Queue {
        var bytes: [UInt8] = []
        var isWriting = false
        var isClosed = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    /// What may wait for a client that does not read before writers have to wait.
    private static let highWater = 1 << 20
    /// Beyond, the client is taken for gone.
    private static let maxWaitingBytes = 256 << 20

    private let output: StandardOutput
    private let loop: EventLoop
    private let queue = Mutex(Queue())

    init(_ output: StandardOutput, on loop: EventLoop) {
        self.output = output
        self.loop = loop
    }

    var isClosed: Bool { queue.withLock { $0.isClosed } }

    @discardableResult
    func push(_ message: [UInt8]) -> Bool {
        var isTaken = false
        let mustStart = queue.withLock { queue in
            guard !queue.isClosed else { return false }
            guard queue.bytes.count + message.count <= Self.maxWaitingBytes else {
                queue.isClosed = true
                return false
            }
            isTaken = true
            queue.bytes.append(contentsOf: LineFramer.line(of: message))
            defer { queue.isWriting = true }
            return !queue.isWriting
        }
        if mustStart { Task(executorPreference: loop) { await self.write() } }
        return isTaken
    }

    private func write() async {
        while true {
            let bytes = queue.withLock { queue -> [UInt8] in
                defer { queue.bytes = [] }
                if queue.bytes.isEmpty { queue.isWriting = false }
                return queue.bytes
            }
            wakeWaiters()
            if bytes.isEmpty { return }
            do {
                // No deadline: a desktop client may be stopped in a debugger, and its end is noticed at our input.
                try await output.write(bytes[...])
            } catch {
                queue.withLock { queue in
                    queue.isClosed = true
                    queue.isWriting = false
                    queue.bytes = []
                }
                return wakeWaiters()
            }
        }
    }

    private func wakeWaiters() {
        let waiters = queue.withLock { queue in
            defer { queue.waiters = [] }
            return queue.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    func room() async { await wait { $0.isClosed || $0.bytes.count <= Self.highWater } }

    /// Waits until all that was pushed has been written, or nobody will read it.
    func flushed() async { await wait { $0.bytes.isEmpty && !$0.isWriting } }

    private func wait(until isDone: @Sendable (borrowing Queue) -> Bool) async {
        while true {
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                let isDone = queue.withLock { queue in
                    if isDone(queue) { return true }
                    queue.waiters.append(continuation)
                    return false
                }
                if isDone { continuation.resume() }
            }
            if queue.withLock({ isDone($0) }) { return }
        }
    }

    func close() { queue.withLock { $0.isClosed = true } }
}
