import CLinux
import Glibc

/// Why a read or write on an ``IOStream`` did not happen.
package enum IOStreamError: Error, Sendable, Hashable, CustomStringConvertible {
    case timedOut
    case cancelled
    /// ``IOStream/close()`` was called.
    case closed
    /// The peer is gone (`EPIPE`, `ECONNRESET`) or the kernel refused.
    case failed(SystemError)

    package var description: String {
        switch self {
        case .timedOut: "timed out"
        case .cancelled: "cancelled"
        case .closed: "closed"
        case .failed(let error): error.description
        }
    }
}

/// A non-blocking stream descriptor on a loop: a connected socket or one end of a pipe.
///
/// One task may read while another writes; two readers or two writers at a time are a bug and trap. Closes its
/// descriptor in ``close()``, at the latest in `deinit`.
// Unchecked: all state is touched on the loop's thread only; every entrance checks that.
package final class IOStream: ReadinessHandler, @unchecked Sendable {
    package enum Direction: Sendable { case both, reading, writing }

    package let loop: EventLoop
    private let descriptor: Int32
    private var registration: Registration?
    private let readSignal: LoopSignal
    private let writeSignal: LoopSignal
    /// What the kernel last said; true until an operation says otherwise. Registered edge-triggered, so these flags
    /// spare an epoll_ctl for every wait.
    private var mayRead = true
    private var mayWrite = true
    private var sawPeerHangUp = false
    private var onHangUp: (@Sendable () -> Void)?
    private var onReadable: (@Sendable () -> Void)?
    private var onWritable: (@Sendable () -> Void)?
    private var isReadInterrupted = false

    /// Takes a descriptor over and watches it. The descriptor must be non-blocking and close-on-exec. Call on the loop.
    package init(
        adopting descriptor: consuming OwnedDescriptor, on loop: EventLoop, direction: Direction = .both
    ) throws(SystemError) {
        self.loop = loop
        self.descriptor = descriptor.rawValue
        readSignal = LoopSignal(loop: loop)
        writeSignal = LoopSignal(loop: loop)
        var interest: Readiness = [.edgeTriggered]
        if direction != .writing { interest.formUnion([.readable, .peerHangUp]) }
        if direction != .reading { interest.insert(.writable) }
        let watch = StreamWatch()
        registration = try loop.register(descriptor.rawValue, for: interest, handler: watch)
        _ = descriptor.release()
        watch.stream = self
    }

    deinit {
        // The loop holds only a weak reference, so a stream that is let go of unclosed still frees its descriptor.
        guard let registration else { return }
        let descriptor = self.descriptor
        if loop.isCurrent {
            loop.deregister(registration)
            _ = Glibc.close(descriptor)
        } else {
            loop.execute { [loop] in
                loop.deregister(registration)
                _ = Glibc.close(descriptor)
            }
        }
    }

    package var isClosed: Bool { registration == nil }

    /// The peer has closed or reset the connection, or will at least send nothing more.
    package var hasPeerHungUp: Bool { sawPeerHangUp }

    /// Calls `body` once, on the loop, when the peer closes, half-closes or resets; at once if it already has.
    /// `nil` takes an earlier one back.
    package func notifyHangUp(_ body: (@Sendable () -> Void)?) {
        loop.preconditionInLoop()
        if sawPeerHangUp, let body {
            body()
        } else {
            onHangUp = body
        }
    }

    /// Calls `body` once, on the loop, when a read would not have to wait: bytes, the end of the stream or an error are
    /// there. At once if that may be so already. `nil` takes an earlier one back.
    ///
    /// For a stream that waits long: a task that waits in ``read(atMost:until:_:)`` keeps its memory meanwhile.
    package func notifyReadable(_ body: (@Sendable () -> Void)?) {
        loop.preconditionInLoop()
        if let body, mayRead || isClosed {
            body()
        } else {
            onReadable = body
        }
    }

    /// Calls `body` once, on the loop, when a write would not have to wait; at once if that may be so already. `nil`
    /// takes an earlier one back.
    package func notifyWritable(_ body: (@Sendable () -> Void)?) {
        loop.preconditionInLoop()
        if let body, mayWrite || isClosed {
            body()
        } else {
            onWritable = body
        }
    }

    package func handleReadiness(_ readiness: Readiness) {
        let isReadable = !readiness.isDisjoint(with: [.readable, .peerHangUp, .hangUp, .error])
        let isWritable = !readiness.isDisjoint(with: [.writable, .hangUp, .error])
        // All facts first: what is called below reads, writes or closes.
        if isReadable { mayRead = true }
        if isWritable { mayWrite = true }
        if !readiness.isDisjoint(with: [.peerHangUp, .hangUp, .error]) { sawPeerHangUp = true }
        if isReadable {
            readSignal.signal()
            if let notify = onReadable {
                onReadable = nil
                notify()
            }
        }
        if isWritable {
            writeSignal.signal()
            if let notify = onWritable {
                onWritable = nil
                notify()
            }
        }
        if sawPeerHangUp, let notify = onHangUp {
            onHangUp = nil
            notify()
        }
    }

    // MARK: Reading

    /// Waits until bytes arrive and hands them to `body`, which must copy what it keeps. At most `limit` bytes.
    ///
    /// - Returns: what `body` returned, or `nil` at the end of the stream.
    package func read<Value>(
        atMost limit: Int = .max, until deadline: MonotonicInstant? = nil, _ body: (UnsafeRawBufferPointer) -> Value
    ) async throws(IOStreamError) -> Value? {
        while true {
            switch try readNow(atMost: limit, body) {
            case .value(let value): return value
            case .endOfStream: return nil
            case .wouldBlock: try await wait(for: readSignal, until: deadline)
            }
        }
    }

    /// Ends the wait of a task in ``read(atMost:until:_:)`` with ``IOStreamError/cancelled``. No byte is lost.
    ///
    /// - Returns: `false` if no task waits there, or one that is about to go on.
    package func interruptRead() -> Bool {
        loop.preconditionInLoop()
        guard readSignal.hasWaiter else { return false }
        isReadInterrupted = true
        readSignal.signal()
        return true
    }

    package enum ReadOutcome<Value> {
        case value(Value)
        case wouldBlock
        case endOfStream
    }

    /// Reads what is there without waiting.
    package func readNow<Value>(
        atMost limit: Int = .max, _ body: (UnsafeRawBufferPointer) -> Value
    ) throws(IOStreamError) -> ReadOutcome<Value> {
        loop.preconditionInLoop()
        guard !isClosed else { throw .closed }
        guard mayRead else { return .wouldBlock }
        let scratch = loop.scratch
        let wanted = min(limit, scratch.count)
        while true {
            let count = Glibc.read(descriptor, scratch.baseAddress, wanted)
            if count > 0 {
                // A short read has emptied the buffer; what comes later comes with a new event. Not so after a
                // hang-up, which was the last event: read on until the end of the stream.
                if count < wanted, !sawPeerHangUp { mayRead = false; readSignal.reset() }
                return .value(body(UnsafeRawBufferPointer(rebasing: scratch[..<count])))
            }
            if count == 0 { return .endOfStream }
            switch errno {
            case EINTR: continue
            case EAGAIN:
                mayRead = false
                readSignal.reset()
                return .wouldBlock
            default: throw .failed(SystemError(operation: "read"))
            }
        }
    }

    // MARK: Writing

    /// Writes all bytes, waiting while the kernel's buffer is full.
    package func write(
        _ bytes: ArraySlice<UInt8>, until deadline: MonotonicInstant? = nil
    ) async throws(IOStreamError) {
        var rest = bytes
        while !rest.isEmpty {
            let written = try writeNow(rest)
            rest = rest.dropFirst(written)
            if !rest.isEmpty { try await wait(for: writeSignal, until: deadline) }
        }
    }

    package func write(_ bytes: [UInt8], until deadline: MonotonicInstant? = nil) async throws(IOStreamError) {
        try await write(bytes[...], until: deadline)
    }

    /// Writes two pieces, normally with one system call.
    package func write(
        _ first: [UInt8], _ second: ArraySlice<UInt8>, until deadline: MonotonicInstant? = nil
    ) async throws(IOStreamError) {
        let written = try writeNow(first, second)
        if written < first.count {
            try await wait(for: writeSignal, until: deadline)
            try await write(first[written...], until: deadline)
            try await write(second, until: deadline)
        } else if written - first.count < second.count {
            try await wait(for: writeSignal, until: deadline)
            try await write(second.dropFirst(written - first.count), until: deadline)
        }
    }

    /// Writes what the kernel takes at once and returns how much that was; 0 if it is full.
    package func writeNow(_ bytes: ArraySlice<UInt8>) throws(IOStreamError) -> Int {
        try output { bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) } }
    }

    private func writeNow(_ first: [UInt8], _ second: ArraySlice<UInt8>) throws(IOStreamError) -> Int {
        try output {
            first.withUnsafeBytes { first in
                second.withUnsafeBytes { second in
                    // writev only reads through these pointers.
                    var parts = [
                        iovec(iov_base: UnsafeMutableRawPointer(mutating: first.baseAddress), iov_len: first.count),
                        iovec(iov_base: UnsafeMutableRawPointer(mutating: second.baseAddress), iov_len: second.count),
                    ]
                    return writev(descriptor, &parts, 2)
                }
            }
        }
    }

    private func output(_ attempt: () -> Int) throws(IOStreamError) -> Int {
        loop.preconditionInLoop()
        guard !isClosed else { throw .closed }
        guard mayWrite else { return 0 }
        while true {
            let count = attempt()
            if count >= 0 { return count }
            switch errno {
            case EINTR: continue
            case EAGAIN:
                mayWrite = false
                writeSignal.reset()
                return 0
            default: throw .failed(SystemError(operation: "write"))
            }
        }
    }

    private func wait(for signal: LoopSignal, until deadline: MonotonicInstant?) async throws(IOStreamError) {
        // A partial write without EAGAIN leaves the flag up: the next attempt finds out.
        if signal === writeSignal, mayWrite { return }
        switch await signal.wait(until: deadline) {
        case .signalled:
            guard isReadInterrupted, signal === readSignal else { return }
            isReadInterrupted = false
            throw .cancelled
        case .timedOut: throw .timedOut
        case .cancelled: throw .cancelled
        }
    }

    // MARK: Closing

    /// Sends what is written and tells the peer that nothing more comes. Reading goes on.
    package func shutDownWriting() {
        loop.preconditionInLoop()
        // Fails only where the connection is gone already.
        if !isClosed { _ = shutdown(descriptor, Int32(SHUT_WR)) }
    }

    /// Closes the descriptor. A task that waits in a read or write gets ``IOStreamError/closed``.
    package func close() {
        loop.preconditionInLoop()
        guard let registration else { return }
        self.registration = nil
        onHangUp = nil
        onReadable = nil
        onWritable = nil
        // Deregister, then close: the number may be reused at once.
        loop.deregister(registration)
        _ = Glibc.close(descriptor)
        readSignal.signal()
        writeSignal.signal()
    }

    // MARK: Options

    /// Sends small messages at once (`TCP_NODELAY`). Harmless on anything but TCP.
    package func disableDelay() {
        var on: Int32 = 1
        _ = setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    }

    // MARK: Connecting

    /// Connects to an address. Call on the loop.
    package static func connect(
        to address: SocketAddress, on loop: EventLoop, until deadline: MonotonicInstant? = nil
    ) async throws(IOStreamError) -> IOStream {
        let raw = clinux_stream_socket(address.family)
        guard raw >= 0 else { throw .failed(SystemError(operation: "socket")) }
        let descriptor = OwnedDescriptor(adopting: raw)
        let status = address.withRaw { Glibc.connect(raw, $0, $1) }
        let code = errno
        guard status == 0 || code == EINPROGRESS else {
            throw .failed(SystemError(operation: "connect", code: code))
        }
        let stream: IOStream
        do { stream = try IOStream(adopting: descriptor, on: loop) } catch { throw .failed(error) }
        if status != 0 {
            stream.mayWrite = false
            try await stream.wait(for: stream.writeSignal, until: deadline)
            var problem: Int32 = 0
            var length = socklen_t(MemoryLayout<Int32>.size)
            guard getsockopt(raw, SOL_SOCKET, SO_ERROR, &problem, &length) == 0 else {
                throw .failed(SystemError(operation: "getsockopt"))
            }
            guard problem == 0 else { throw .failed(SystemError(operation: "connect", code: problem)) }
        }
        return stream
    }
}

/// Stands between the loop and a stream, so that the loop does not keep a forgotten stream alive.
// Unchecked: touched on the loop's thread only.
private final class StreamWatch: ReadinessHandler, @unchecked Sendable {
    weak var stream: IOStream?
    func handleReadiness(_ readiness: Readiness) { stream?.handleReadiness(readiness) }
}
