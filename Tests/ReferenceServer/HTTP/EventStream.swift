import AsyncIO
import MCPProtocol

/// A stream of server-sent events, which can outlive the connections that carry it (MCP 2025-11-25, Transports,
/// "Resumability and Redelivery"). One that cannot be resumed is over with its first connection.
@LoopActor
final class EventStream {
    /// How much is kept for a client that comes back. What is older is lost to it.
    private static let (maxKeptEvents, maxKeptBytes) = (10_000, 16 << 20)

    /// Tells this stream from others of its session.
    let number: Int
    let isResumable: Bool
    private let isPrimed: Bool
    /// What the present connection has to write; finished when there is none.
    private(set) var outbox = Outbox(framing: .events)
    private var kept: [(number: Int, message: OutgoingMessage)] = []
    private var keptBytes = 0
    private var lastEvent = 0
    private(set) var hasEnded = false

    /// - Parameter isPrimed: whether a resumable stream begins with an event that has nothing but an id.
    init(number: Int = 0, isResumable: Bool = false, isPrimed: Bool = false) {
        self.number = number
        self.isResumable = isResumable
        self.isPrimed = isPrimed
        prime(after: 0)
    }

    var isConnected: Bool { !outbox.isFinished }

    func append(_ message: OutgoingMessage) {
        guard isResumable else { return outbox.append(message) }
        guard !hasEnded else { return }
        lastEvent += 1
        kept.append((lastEvent, message))
        keptBytes += message.byteCount
        var surplus = 0
        while surplus + 1 < kept.count, kept.count - surplus > Self.maxKeptEvents || keptBytes > Self.maxKeptBytes {
            keptBytes -= kept[surplus].message.byteCount
            surplus += 1
        }
        kept.removeFirst(surplus)
        outbox.append(message, eventID: id(of: lastEvent))
    }

    /// Nothing more comes.
    func end() {
        hasEnded = true
        outbox.finish()
    }

    /// Ends the connection, not the stream, and asks the client to wait that long before it comes back.
    func disconnect(retryMilliseconds: Int) {
        outbox.appendRaw(Array("id: \(id(of: lastEvent))\nretry: \(retryMilliseconds)\ndata: \n\n".utf8))
        outbox.finish()
    }

    /// Goes on over a new connection with what came after an event.
    func resume(after event: Int) -> Outbox {
        outbox.finish()
        outbox = Outbox(framing: .events)
        prime(after: event)
        for (number, message) in kept where number > event { outbox.append(message, eventID: id(of: number)) }
        if hasEnded { outbox.finish() }
        return outbox
    }

    private func prime(after event: Int) {
        if isResumable, isPrimed { outbox.appendRaw(Array("id: \(id(of: event))\ndata: \n\n".utf8)) }
    }

    // MARK: Ids of events

    private func id(of event: Int) -> String { "\(number)-\(event)" }

    /// The numbers of a stream and of an event in it.
    static func parse(eventID: String) -> (stream: Int, event: Int)? {
        let parts = eventID.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let stream = Int(parts[0]), let event = Int(parts[1]) else { return nil }
        return (stream, event)
    }
}
