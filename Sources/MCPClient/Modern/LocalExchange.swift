import AsyncIO
import MCPProtocol

/// A request that is answered without the server, or by other requests than itself.
actor LocalExchange: MCPExchange {
    typealias Answerer =
        @Sendable (_ deadline: MonotonicInstant) async throws(MCPClientError) ->
        JSONRPCResponse.Outcome

    nonisolated let id: Int64
    private nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    private let answer: Answerer
    private var isOver = false

    /// - Parameter answer: called once, by the first wait; the empty result unless said otherwise.
    init(id: Int64, on loop: EventLoop, answer: @escaping Answerer = { _ in .result(.emptyObject) }) {
        self.id = id
        self.loop = loop
        self.answer = answer
    }

    func next(until deadline: MonotonicInstant) async throws(MCPClientError) -> ExchangeEvent {
        guard !isOver else { throw .givenUp }
        isOver = true
        return .response(JSONRPCResponse(id: .integer(id), outcome: try await answer(deadline)))
    }

    func cancel(reason _: String) { isOver = true }
}
