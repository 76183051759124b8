import AsyncIO
import MCPProtocol

/// A client of 2026-07-28, seen from one of its calls: it is told what the call's request asks for, and asked in the
/// call's result.
@LoopActor
final class ModernCallClient: CallClient {
    private let service: ModernService
    private let exchange: ModernExchange
    private let trips: RoundTrips

    init(service: ModernService, exchange: ModernExchange, trips: RoundTrips) {
        self.service = service
        self.exchange = exchange
        self.trips = trips
    }

    // MARK: Telling

    func progress(_ progress: Int64, of total: Int64, message: String) async {
        guard let token = exchange.envelope.progressToken else { return }
        let params: JSONValue = [
            "progressToken": JSONValue(token), "progress": JSONValue(progress), "total": JSONValue(total),
            "message": .string(message),
        ]
        await service.send(
            JSONRPC.notification(method: "notifications/progress", params: params.serialized()), exchange)
    }

    func log(_ level: LogLevel, logger: String, data: JSONValue) async {
        guard let wanted = exchange.envelope.logLevel, level >= wanted else { return }
        let params: JSONValue = ["level": .string(level.rawValue), "logger": .string(logger), "data": data]
        await service.send(
            JSONRPC.notification(method: "notifications/message", params: params.serialized()), exchange)
    }

    /// There are no others in this revision.
    func notify(_ method: String, _ params: JSONObject) async {}

    // MARK: Asking

    /// The time for an answer is the state's: nobody waits here.
    func ask(_ questions: [Question], timeout: Duration) async throws(ToolFailure) -> [RawJSON] {
        try trips.answers(to: questions)
    }

    func require(_ kind: Question.Kind) throws(ToolFailure) {
        try RoundTrips.require(kind, of: exchange.envelope.capabilities)
    }

    func pause(rounds: Int) throws(ToolFailure) { try trips.pause(rounds: rounds) }

    func askAfterAnswer(_ question: Question, delay: Duration) {
        service.server.lateQuestionOutcome = [
            "method": .string(question.method), "failure": "this revision has no questions outside of results",
        ]
    }

    // MARK: Facts

    func misbehave(_ how: Misbehaviour) -> Bool { exchange.sink.misbehave(how) }

    /// Every request stands alone, so each is the first.
    func count() -> Int { 1 }

    var logLevel: LogLevel? { exchange.envelope.logLevel }

    var facts: JSONValue {
        [
            "protocolVersion": .string(exchange.envelope.version),
            "capabilities": JSONValue(exchange.envelope.capabilities),
            "clientInfo": exchange.envelope.clientInfo.map { JSONValue($0) } ?? .null,
            "transport": .string(exchange.caller.transport.rawValue),
        ]
    }

    var transportFacts: JSONValue { exchange.sink.transportFacts }
}
