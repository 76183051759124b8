import AsyncIO
import MCPClient
import MCPProtocol
import Testing

extension MCPConnection {
    /// Begins a `tools/call` of the tool `work`.
    func beginCall(on bench: Bench, arguments: String = "{}") async throws -> any MCPExchange {
        let id = makeRequestID()
        let params = #"{"name":"work","arguments":\#(arguments),"_meta":{"progressToken":\#(id)}}"#
        return try await begin(id: id, method: "tools/call", params: Array(params.utf8), on: bench.loop)
    }

    /// Sends a request and returns the text of its result, or of its error.
    func ask(
        _ method: String, _ params: String = "{}", on bench: Bench, until deadline: MonotonicInstant = .soon
    ) async throws -> String {
        try await request(method, params: Array(params.utf8), until: deadline, on: bench.loop).outcomeText
    }
}

extension JSONRPCResponse {
    /// The result as it came, or the error's message.
    var outcomeText: String {
        switch outcome {
        case .result(let result): result.text
        case .error(let error): "error \(error.code): \(error.message)"
        }
    }
}

extension MCPExchange {
    /// Waits for the answer and passes over what comes before it.
    func answer(until deadline: MonotonicInstant = .soon) async throws -> String {
        while true {
            switch try await next(until: deadline) {
            case .notification, .request: continue
            case .alive: continue
            case .response(let response): return response.outcomeText
            case .stream(let stream):
                var bytes: [UInt8] = []
                while let piece = try await stream.next(until: deadline) { bytes += piece }
                return String(decoding: bytes, as: UTF8.self)
            }
        }
    }
}

/// The error that `body` throws; a test that gets none fails.
func failure<Value>(
    sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> Value
) async throws -> MCPClientError {
    do {
        let value = try await body()
        Issue.record("no error, but \(value)", sourceLocation: sourceLocation)
    } catch let error as MCPClientError {
        return error
    }
    throw NoFailure()
}

struct NoFailure: Error {}
