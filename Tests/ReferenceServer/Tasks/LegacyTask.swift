import AsyncIO
import Glibc
import MCPProtocol

/// A call that goes on after its request has been answered (MCP 2025-11-25, Tasks).
@LoopActor
final class LegacyTask {
    enum Status: String {
        case working, completed, failed, cancelled
        case inputRequired = "input_required"
    }

    /// How often a client should look, in milliseconds.
    static let pollInterval: Int64 = 100

    let id: String
    /// Milliseconds from its beginning until it is forgotten.
    let ttl: Int64
    private(set) var status = Status.working
    private var statusMessage: String?
    private let createdAt = LegacyTask.now()
    private var lastUpdatedAt = LegacyTask.now()
    /// What `tasks/result` answers; `nil` until the end.
    private(set) var outcome: JSONRPCResponse.Outcome?
    private var work: Task<Void, any Error>?
    private var listeners: [any MessageSink] = []
    private let change = Broadcast()

    init(ttl: Int64) {
        var generator = SystemRandomNumberGenerator()
        id = String(generator.next() as UInt64, radix: 16) + String(generator.next() as UInt64, radix: 16)
        self.ttl = ttl
    }

    var hasEnded: Bool { outcome != nil }

    /// `_meta` of everything that belongs to this task.
    var relation: JSONValue { ["io.modelcontextprotocol/related-task": ["taskId": .string(id)]] }

    var json: JSONObject {
        var object: JSONObject = [
            "taskId": .string(id), "status": .string(status.rawValue), "createdAt": .string(createdAt),
            "lastUpdatedAt": .string(lastUpdatedAt), "ttl": JSONValue(ttl),
            "pollInterval": JSONValue(Self.pollInterval),
        ]
        if let statusMessage { object["statusMessage"] = .string(statusMessage) }
        return object
    }

    func run(_ work: @escaping @LoopActor () async -> Void) { self.work = LoopActor.start { await work() } }

    func setStatus(_ status: Status, message: String? = nil) {
        guard !hasEnded else { return }
        self.status = status
        statusMessage = message
        lastUpdatedAt = Self.now()
        change.send()
    }

    /// Ends the task, unless it has ended already.
    func end(_ status: Status, message: String? = nil, outcome: JSONRPCResponse.Outcome) {
        guard !hasEnded else { return }
        setStatus(status, message: message)
        self.outcome = outcome
        change.send()
        work?.cancel()
    }

    // MARK: Those who wait for the result

    /// Where messages of the task go; `nil` while nobody waits for its result.
    var listener: (any MessageSink)? { listeners.last }

    /// Waits for the end; meanwhile `sink` takes the messages of the task.
    ///
    /// - Returns: `nil` if the waiting was given up.
    func outcome(listening sink: any MessageSink) async -> JSONRPCResponse.Outcome? {
        listeners.append(sink)
        change.send()
        defer { listeners.removeAll { $0 === sink } }
        while outcome == nil {
            guard await change.wait() == .signalled else { return nil }
        }
        return outcome
    }

    /// - Returns: `false` if nobody has come by then.
    func waitForListener(until deadline: MonotonicInstant) async throws(ToolFailure) -> Bool {
        while listener == nil {
            switch await change.wait(until: deadline) {
            case .signalled: continue
            case .timedOut: return false
            case .cancelled: throw .cancelled
            }
        }
        return true
    }

    /// The time of day in ISO 8601.
    static func now() -> String {
        var seconds = time(nil)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        var text = [CChar](repeating: 0, count: 32)
        let count = strftime(&text, text.count, "%Y-%m-%dT%H:%M:%SZ", &parts)
        return String(decoding: text.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
