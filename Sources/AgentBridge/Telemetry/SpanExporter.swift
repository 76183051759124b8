import AsyncIO
import MCPProtocol
import Synchronization

/// Where spans go: a collector that speaks OTLP over HTTP.
struct TelemetrySettings: Sendable, Equatable {
    /// Without `/v1/traces`; `nil`: no spans.
    var endpoint: String?
    var headers: [GatewaySettings.Header] = []
}

/// Sends spans to a collector (OTLP/HTTP with JSON): in batches, and never at the cost of a run. What a slow collector
/// does not take is dropped and counted.
final class SpanExporter: Sendable {
    private struct State {
        var spans: [JSONValue] = []
        var dropped = 0
        var isSending = false
        var isFailing = false
    }

    static let maxQueued = 4096
    static let maxBatch = 512
    private static let pace = Duration.seconds(1)
    private static let timeout = Duration.seconds(10)

    private let url: String
    private let headers: [(name: String, value: String)]
    private let clients: HTTPClientGroup
    private let loop: EventLoop
    private let log: Log
    private let state = Mutex(State())

    /// - Returns: `nil` if no collector is configured.
    init?(_ settings: TelemetrySettings, clients: HTTPClientGroup, on loop: EventLoop, log: Log) {
        guard let endpoint = settings.endpoint else { return nil }
        url = (endpoint.hasSuffix("/") ? String(endpoint.dropLast()) : endpoint) + "/v1/traces"
        headers = settings.headers.map { ($0.name, $0.value) } + [("Content-Type", "application/json")]
        self.clients = clients
        self.loop = loop
        self.log = log
    }

    /// From anywhere; does not wait.
    func record(_ span: JSONValue) {
        let mustStart = state.withLock { state in
            guard state.spans.count < Self.maxQueued else {
                state.dropped += 1
                return false
            }
            state.spans.append(span)
            defer { state.isSending = true }
            return !state.isSending
        }
        guard mustStart else { return }
        Task(executorPreference: loop) {
            do throws(CancellationError) {
                try await self.loop.sleep(for: Self.pace)
            } catch {
                // Nobody cancels this task; and what is there goes out all the same.
            }
            await self.send()
        }
    }

    /// Sends everything recorded so far.
    func send() async {
        while true {
            let (batch, dropped) = state.withLock { state -> ([JSONValue], Int) in
                let batch = Array(state.spans.prefix(Self.maxBatch))
                state.spans.removeFirst(batch.count)
                if batch.isEmpty { state.isSending = false }
                defer { state.dropped = 0 }
                return (batch, state.dropped)
            }
            if dropped > 0 { log.warning("spans dropped", ["count": dropped]) }
            if batch.isEmpty { return }
            let problem = await post(batch)
            let isNews = state.withLock { state in
                defer { state.isFailing = problem != nil }
                return state.isFailing != (problem != nil)
            }
            guard isNews else { continue }
            if let problem {
                log.warning("spans not taken by the collector", ["reason": problem])
            } else {
                log.info("spans are taken by the collector again")
            }
        }
    }

    /// - Returns: why they did not arrive; `nil` if they did.
    private func post(_ spans: [JSONValue]) async -> String? {
        let request: JSONValue = [
            "resourceSpans": [
                [
                    "resource": [
                        "attributes": [["key": "service.name", "value": ["stringValue": .string(AgentVersion.name)]]]
                    ],
                    "scopeSpans": [
                        [
                            "scope": ["name": .string(AgentVersion.name), "version": .string(AgentVersion.number)],
                            "spans": .array(spans),
                        ]
                    ],
                ]
            ]
        ]
        let deadline = MonotonicInstant.now + Self.timeout
        do throws(HTTPClientError) {
            let response = try await clients.client(for: loop).send(
                HTTPClientRequest(
                    method: "POST", url: url, headers: headers, body: request.serialized()[...], mayRepeat: true),
                connectTimeout: .seconds(5), deadline: deadline)
            _ = try await response.readAll(upTo: 64 << 10, until: deadline)
            return 200..<300 ~= response.status ? nil : "HTTP status \(response.status)"
        } catch {
            return error.description
        }
    }
}
