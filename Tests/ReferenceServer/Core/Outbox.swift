import AsyncIO

/// Messages waiting to be written to one stream, framed; many tasks put them in, one task writes them.
///
/// Bounded in the way a pipe is: ``append(_:)`` always succeeds, but a producer of many messages waits in
/// ``waitForSpace()`` while more than ``highWaterBytes`` are waiting.
@LoopActor
final class Outbox {
    enum Framing {
        /// One message a line.
        case lines
        /// One server-sent event a message.
        case events
    }

    enum Piece {
        case bytes([UInt8])
        /// That many filler bytes.
        case filler(Int)
    }

    static let highWaterBytes = 1 << 20

    private let framing: Framing
    private var pieces: [Piece] = []
    private var last: [UInt8] = []
    private var waitingBytes = 0
    private let arrival = LoopSignal(loop: LoopActor.loop)
    private var producers: [LoopSignal] = []
    private(set) var isFinished = false

    init(framing: Framing) { self.framing = framing }

    /// Adds a message. After ``finish()`` it is dropped: nobody is there to read it.
    ///
    /// - Parameter eventID: of an event; a message on a line has none.
    func append(_ message: OutgoingMessage, eventID: String? = nil) {
        guard !isFinished else { return }
        if framing == .events, let eventID { last.append(contentsOf: "id: \(eventID)\n".utf8) }
        if framing == .events { last.append(contentsOf: "event: message\ndata: ".utf8) }
        last.append(contentsOf: message.head)
        if message.fillerBytes > 0 {
            pieces.append(.bytes(last))
            pieces.append(.filler(message.fillerBytes))
            last = message.tail
        } else {
            last.append(contentsOf: message.tail)
        }
        last.append(UInt8(ascii: "\n"))
        if framing == .events { last.append(UInt8(ascii: "\n")) }
        waitingBytes += message.byteCount
        arrival.signal()
    }

    /// Adds bytes that are no message, as they are: a banner on standard output, a comment between events.
    func appendRaw(_ bytes: [UInt8], fillerBytes: Int = 0) {
        guard !isFinished else { return }
        last.append(contentsOf: bytes)
        if fillerBytes > 0 {
            pieces.append(.bytes(last))
            pieces.append(.filler(fillerBytes))
            last = []
        }
        waitingBytes += bytes.count + fillerBytes
        arrival.signal()
    }

    /// Nothing more comes. What is waiting is still handed out.
    func finish() {
        isFinished = true
        arrival.signal()
        releaseProducers()
    }

    var isEmpty: Bool { pieces.isEmpty && last.isEmpty }

    /// Waits until less than ``highWaterBytes`` are waiting, the stream is finished or the task is cancelled.
    func waitForSpace() async {
        while waitingBytes > Self.highWaterBytes, !isFinished {
            let signal = LoopSignal(loop: LoopActor.loop)
            producers.append(signal)
            guard await signal.wait() == .signalled else { return }
        }
    }

    /// Waits for messages and takes all of them.
    ///
    /// - Returns: `nil` once finished and empty, or when the task is cancelled.
    func take() async -> [Piece]? {
        while isEmpty {
            if isFinished { return nil }
            if await arrival.wait() == .cancelled { return nil }
        }
        return takeNow()
    }

    /// Takes what is waiting without waiting for more.
    func takeNow() -> [Piece] {
        var taken = pieces
        if !last.isEmpty { taken.append(.bytes(last)) }
        pieces.removeAll()
        last.removeAll()
        waitingBytes = 0
        releaseProducers()
        return taken
    }

    private func releaseProducers() {
        let waiting = producers
        producers.removeAll()
        for signal in waiting { signal.signal() }
    }
}
