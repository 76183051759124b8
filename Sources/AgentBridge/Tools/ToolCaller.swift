import AsyncIO
import MCPClient
import MCPProtocol

/// How one call of a tool ended.
enum ToolOutcome: Sendable {
    /// The server's result, which may say that it is an error.
    case result(RawJSON)
    /// The gateway or the server refused the call.
    case refused(JSONRPCError)
    /// The call has no answer.
    case failed(MCPClientError)
    /// No answer within this time; the call was cancelled at the gateway.
    case timedOut(Duration)
    case cancelled
}

/// Calls one tool through the gateway.
struct ToolCaller: Sendable {
    let session: GatewaySession
    let loop: EventLoop
    var identity: RequestIdentity

    /// A call may go on for this long, however much progress it reports.
    static let cap = Duration.seconds(300)
    /// Given to the gateway on top of the limit, so that its own error, which names server and stage, comes first.
    static let grace = Duration.milliseconds(500)

    /// - Parameters:
    ///   - arguments: an object.
    ///   - timeout: of silence; progress starts it anew.
    ///   - deadline: of the run.
    ///   - onProgress: gets the texts of progress notifications.
    ///   - onQuestion: answers what the server asks; the clock stands still meanwhile.
    func call(
        _ tool: GatewayTool, _ arguments: RawJSON, timeout: Duration, deadline: MonotonicInstant,
        onProgress: (String) async -> Void, onQuestion: (JSONRPCRequest) async -> JSONRPCResponse.Outcome
    ) async -> ToolOutcome {
        var mayRepeat = true
        while true {
            let connection: any MCPConnection
            do throws(MCPClientError) {
                connection = try await session.connection(until: min(deadline, .now + timeout))
            } catch {
                return error.kind == .cancelled ? .cancelled : .failed(error)
            }
            let outcome = await attempt(
                tool, arguments, over: connection, timeout: timeout, deadline: deadline, onProgress: onProgress,
                onQuestion: onQuestion)
            guard case .failed(let error) = outcome, mayRepeat else { return outcome }
            mayRepeat = false
            switch error.kind {
            case .sessionExpired: break  // Certainly not executed.
            case .closed, .connectionFailed:
                guard !error.mayHaveExecuted || tool.isReadOnly || tool.isIdempotent else { return outcome }
            default: return outcome
            }
            await session.drop(connection)
        }
    }

    private func attempt(
        _ tool: GatewayTool, _ arguments: RawJSON, over connection: any MCPConnection, timeout: Duration,
        deadline: MonotonicInstant, onProgress: (String) async -> Void,
        onQuestion: (JSONRPCRequest) async -> JSONRPCResponse.Outcome
    ) async -> ToolOutcome {
        var cap = min(deadline, .now + max(Self.cap, timeout + Self.grace))
        let id = connection.makeRequestID()
        var limit = min(cap, .now + timeout + Self.grace)
        do throws(MCPClientError) {
            let exchange = try await connection.begin(
                id: id, method: "tools/call", params: params(tool.name, arguments, token: id), on: loop)
            do throws(MCPClientError) {
                while true {
                    switch try await exchange.next(until: limit) {
                    case .notification(let notification):
                        guard notification.method == "notifications/progress" else { continue }
                        limit = min(cap, .now + timeout + Self.grace)
                        if let text = Self.progress(notification.params) { await onProgress(text) }
                    case .request(let question):
                        let asked = MonotonicInstant.now
                        try await connection.reply(to: question.id, await onQuestion(question))
                        cap = min(deadline, cap + (.now - asked))
                        limit = min(cap, .now + timeout + Self.grace)
                    case .alive: limit = min(cap, .now + timeout + Self.grace)
                    case .response(let response): return Self.outcome(response)
                    case .stream(let stream): return try await Self.collect(stream, until: cap)
                    }
                }
            } catch {
                await exchange.cancel(reason: error.kind == .timedOut ? "timed out" : "no longer needed")
                throw error
            }
        } catch {
            switch error.kind {
            case .timedOut: return .timedOut(timeout)
            case .cancelled: return .cancelled
            default: return .failed(error)
            }
        }
    }

    private func params(_ name: String, _ arguments: RawJSON, token: Int64) -> [UInt8] {
        var writer = JSONWriter(capacity: arguments.bytes.count + name.utf8.count + 192)
        writer.beginObject()
        writer.key("name")
        writer.string(name)
        writer.key("arguments")
        writer.raw(arguments)
        writer.key("_meta")
        writer.beginObject()
        writer.key("progressToken")
        writer.integer(token)
        if let traceparent = identity.traceparent {
            writer.key("traceparent")
            writer.string(traceparent)
        }
        if let tracestate = identity.tracestate {
            writer.key("tracestate")
            writer.string(tracestate)
        }
        writer.endObject()
        writer.endObject()
        return writer.finish()
    }

    private static func outcome(_ response: JSONRPCResponse) -> ToolOutcome {
        switch response.outcome {
        case .result(let result): .result(result)
        case .error(let error): .refused(error)
        }
    }

    private static func collect(
        _ stream: any OutcomeStream, until deadline: MonotonicInstant
    ) async throws(MCPClientError) -> ToolOutcome {
        var pieces: [ArraySlice<UInt8>] = []
        while let piece = try await stream.next(until: deadline) { pieces.append(piece) }
        let value = await joined(pieces)
        if stream.member == "result" { return .result(value) }
        guard let error = JSONRPCError(value) else {
            throw MCPClientError(.protocolViolation, "the answer's error is not an object", mayHaveExecuted: true)
        }
        return .refused(error)
    }

    /// Copying megabytes, and the page faults that come with them, would hold up the streams of the loop.
    private static func joined(_ pieces: [ArraySlice<UInt8>]) async -> RawJSON {
        let count = pieces.reduce(0) { $0 + $1.count }
        return await Offload.run(bytes: count) {
            var bytes: [UInt8] = []
            bytes.reserveCapacity(count)
            for piece in pieces { bytes += piece }
            return RawJSON(unchecked: bytes[...])
        }
    }

    /// `[3/10] message`, or as much of it as there is.
    private static func progress(_ params: RawJSON?) -> String? {
        guard let params else { return nil }
        let (progress, total, message) = params.members("progress", "total", "message")
        let count = [progress, total].compactMap { $0?.text }.joined(separator: "/")
        guard let text = message?.stringValue else { return count.isEmpty ? nil : "[\(count)]" }
        return count.isEmpty ? text : "[\(count)] \(text)"
    }
}
