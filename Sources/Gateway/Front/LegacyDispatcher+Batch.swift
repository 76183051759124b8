import AsyncIO
import MCPProtocol

/// Batches, which 2025-03-26 alone has (MCP 2025-03-26, Base Protocol, "Batching").
extension LegacyDispatcher {
    static func noBatches(_ revision: ProtocolRevision) -> JSONRPCError {
        .invalidRequest("revision \(revision.rawValue) has no batches; send one message at a time")
    }

    /// Takes all messages of a batch at once.
    ///
    /// - Returns: the answers in the order of the requests; empty if there are none.
    func answers(
        to entries: [Result<JSONRPCMessage, JSONRPCParseError>], _ session: FrontSession, on loop: EventLoop
    ) async -> [[UInt8]] {
        var answers: [Int: [UInt8]] = [:]
        await withTaskGroup(of: (Int, [UInt8]?).self) { group in
            for (index, entry) in entries.enumerated() {
                group.addTask(executorPreference: loop) { (index, await self.answer(entry, session, on: loop)) }
            }
            for await (index, answer) in group { answers[index] = answer }
        }
        return answers.sorted { $0.key < $1.key }.map(\.value)
    }

    /// The answer to one entry of a batch; `nil` if it gets none.
    private func answer(
        _ entry: Result<JSONRPCMessage, JSONRPCParseError>, _ session: FrontSession, on loop: EventLoop
    ) async -> [UInt8]? {
        switch entry {
        case .failure(let error):
            return JSONRPC.error(id: error.id, error.rpcError)
        case .success(.request(let request)) where request.method == InitializeRequest.method:
            return JSONRPC.error(id: request.id, .invalidRequest("initialize must not be part of a batch"))
        case .success(.request(let request)):
            // Nothing can go before the one array of answers, so a server cannot ask meanwhile.
            switch await dispatch(request, RequestMembers(request.params), session, nil, on: loop) {
            case .ready(let message): return message
            case .run(let run):
                guard session.begin(run, as: request.id) else { return Self.idInUse(request.id) }
                defer { session.finish(request.id) }
                return await whole(run, id: request.id, for: session)
            }
        case .success(let message):
            await take(message, session)
            return nil
        }
    }
}
