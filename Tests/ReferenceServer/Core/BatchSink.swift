import MCPProtocol

/// Collects the answers to a JSON-RPC batch (MCP 2025-03-26 only) and hands them on as one array.
@LoopActor
final class BatchSink: MessageSink {
    private let outer: any MessageSink
    private var outstanding = 0
    private var isClosed = false
    private var answers: [OutgoingMessage] = []

    init(_ outer: any MessageSink) { self.outer = outer }

    func add(_ reception: Reception) {
        switch reception {
        case .answer(let answer): answers.append(answer)
        case .pending: outstanding += 1
        case .accepted: break
        }
    }

    /// All messages of the batch have been received.
    func close() -> Reception {
        isClosed = true
        if outstanding > 0 { return .pending }
        return joined().map(Reception.answer) ?? .accepted
    }

    var carriesMessages: Bool { outer.carriesMessages }

    func send(_ message: [UInt8]) async { await outer.send(message) }

    func misbehave(_ how: Misbehaviour) -> Bool { outer.misbehave(how) }

    var transportFacts: JSONValue { outer.transportFacts }

    func finish(_ answer: OutgoingMessage?) {
        outstanding -= 1
        if let answer { answers.append(answer) }
        if isClosed, outstanding == 0 { outer.finish(joined()) }
    }

    /// `nil` when there is nothing to answer: an empty array is not a valid answer.
    private func joined() -> OutgoingMessage? {
        guard !answers.isEmpty else { return nil }
        // A filler inside a batch is written out: batches are for small things.
        var bytes = [UInt8(ascii: "[")]
        for (index, answer) in answers.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes += answer.head
            bytes += repeatElement(OutgoingMessage.filler, count: answer.fillerBytes)
            bytes += answer.tail
        }
        bytes.append(UInt8(ascii: "]"))
        return OutgoingMessage(bytes)
    }
}
