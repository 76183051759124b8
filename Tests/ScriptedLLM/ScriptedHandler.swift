import AsyncIO
import Glibc
import MCPProtocol

/// Answers chat completions from a script.
struct ScriptedHandler: HTTPHandler {
    /// `nil`: the demonstration.
    let script: Script?
    let log: RequestLog
    let storage = ScriptedStorage()

    nonisolated(nonsending) func handle(_ exchange: HTTPExchange) async {
        if await storage.handle(exchange, log) { return }
        switch (exchange.head.method, exchange.head.rawPath) {
        case ("POST", _) where exchange.head.rawPath.hasSuffix("/chat/completions"): await complete(exchange)
        case ("POST", "/v1/traces"): await collect(exchange)
        case ("GET", "/requests"):
            await exchange.respond(
                HTTPResponseHead(.ok, headers: ["Content-Type": "application/json"]), body: log.encode())
        case ("DELETE", "/requests"):
            log.clear()
            await exchange.respond(HTTPResponseHead(.noContent))
        case ("GET", "/v1/models"):
            await exchange.respond(
                HTTPResponseHead(.ok, headers: ["Content-Type": "application/json"]),
                body: Array(#"{"object":"list","data":[{"id":"scripted","object":"model"}]}"#.utf8))
        default:
            await exchange.respond(HTTPProblem(.notFound, detail: "there is only /v1/chat/completions and /requests"))
        }
    }

    /// Takes spans as a collector does, for assertions.
    private nonisolated(nonsending) func collect(_ exchange: HTTPExchange) async {
        do {
            let body = try RawJSON(validating: Array(try await exchange.readBody(upTo: 16 << 20)))
            log.end(log.begin(exchange.head, body), outcome: "complete")
            await exchange.respond(
                HTTPResponseHead(.ok, headers: ["Content-Type": "application/json"]), body: Array("{}".utf8))
        } catch {
            await exchange.respond(HTTPProblem(.badRequest, detail: "\(error)"))
        }
    }

    private nonisolated(nonsending) func complete(_ exchange: HTTPExchange) async {
        let body: RawJSON
        do {
            body = try RawJSON(
                validating: Array(try await exchange.readBody(upTo: 256 << 20)), limits: JSONLimits(maxBytes: 256 << 20)
            )
        } catch {
            await exchange.respond(HTTPProblem(.badRequest, detail: "\(error)"))
            return
        }
        let number = log.begin(exchange.head, body)
        let step = script?.step(turn: Self.turn(body), number: number) ?? Demo.step(for: body)
        let gone = LoopSignal(loop: exchange.loop)
        exchange.onDisconnect { gone.signal() }
        if step.delay > .zero, await gone.wait(until: .now + step.delay) != .timedOut {
            return log.end(number, outcome: "client_closed")
        }
        if let answer = step.body {
            var headers: HTTPHeaders = ["Content-Type": "application/json"]
            for (name, value) in step.headers { headers.set(name, Self.shown(value)) }
            await exchange.respond(HTTPResponseHead(HTTPStatus(rawValue: step.status), headers: headers), body: answer)
            return log.end(number, outcome: "complete")
        }
        log.end(number, outcome: await stream(step, exchange, gone, number, body))
    }

    /// - Returns: how it ended.
    private nonisolated(nonsending) func stream(
        _ step: Script.Step, _ exchange: HTTPExchange, _ gone: LoopSignal, _ number: Int, _ body: RawJSON
    ) async -> String {
        var headers: HTTPHeaders = ["Content-Type": "text/event-stream"]
        for (name, value) in step.headers { headers.set(name, value) }
        let writer = await exchange.startStream(HTTPResponseHead(HTTPStatus(rawValue: step.status), headers: headers))
        let id = "chatcmpl-\(UInt32.random(in: 0 ... .max))"
        for action in step.actions {
            do throws(HTTPWriteError) {
                switch action {
                case .wait(let duration):
                    if await gone.wait(until: .now + duration) != .timedOut { return "client_closed" }
                case .raw(let bytes): try await writer.write(bytes)
                case .delta(let delta): try await writer.write(Self.event(id, delta))
                case .text(let pieces, let pause):
                    for piece in pieces {
                        if pause > .zero, await gone.wait(until: .now + pause) != .timedOut { return "client_closed" }
                        try await writer.write(Self.event(id, content: piece))
                        log.countPiece(number)
                    }
                case .stamps(let count, let pause):
                    // At a steady pace, whatever the writing takes.
                    var due = MonotonicInstant.now
                    for _ in 0..<count {
                        due = due + pause
                        if pause > .zero, await gone.wait(until: due) != .timedOut { return "client_closed" }
                        let stamp = "@\(MonotonicInstant.now.nanoseconds) "
                        try await writer.write(Self.event(id, content: JSONWriter.quote(stamp)))
                    }
                case .toolCalls(let calls):
                    for (index, call) in (calls.arrayValue ?? []).enumerated() {
                        for delta in Self.deltas(of: call, index, in: body) {
                            try await writer.write(Self.event(id, delta))
                        }
                    }
                case .finish(let reason): try await writer.write(Self.event(id, [:], finish: reason))
                case .usage(let usage):
                    try await writer.write(
                        Self.event([
                            "id": .string(id), "object": "chat.completion.chunk", "choices": [], "usage": usage,
                        ]))
                case .done: try await writer.write(Array("data: [DONE]\n\n".utf8))
                case .reset: return "reset"
                case .hang:
                    _ = await gone.wait()
                    return "client_closed"
                }
            } catch {
                return "client_closed"
            }
        }
        await writer.finish()
        return "complete"
    }

    /// Answers of the model since the user's last message.
    private static func turn(_ body: RawJSON) -> Int {
        let messages = body.member("messages")?.elements ?? []
        var count = 0
        for message in messages.reversed() {
            switch message.member("role")?.stringValue {
            case "assistant": count += 1
            // Pictures of a tool stand behind answers, too.
            case "user" where message.member("content")?.kind == .string: return count
            default: continue
            }
        }
        return count
    }

    private static func event(_ id: String, _ delta: JSONValue, finish: String? = nil) -> [UInt8] {
        let choice: JSONValue = [
            "index": 0, "delta": delta, "finish_reason": finish.map { .string($0) } ?? nil,
        ]
        return event([
            "id": .string(id), "object": "chat.completion.chunk", "created": 1_700_000_000, "model": "scripted",
            "choices": [choice],
        ])
    }

    /// - Parameter content: a JSON string.
    private static func event(_ id: String, content: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(content.count + 192)
        bytes += "data: {\"id\":\"".utf8
        bytes += id.utf8
        bytes += "\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,\"model\":\"scripted\",".utf8
        bytes += "\"choices\":[{\"index\":0,\"delta\":{\"content\":".utf8
        bytes += content
        bytes += "},\"finish_reason\":null}]}\n\n".utf8
        return bytes
    }

    private static func event(_ value: JSONValue) -> [UInt8] {
        var bytes: [UInt8] = []
        SSEEncoder.encode(data: value.serialized()[...], into: &bytes)
        return bytes
    }

    /// A header's value, of which some are dates.
    private static func shown(_ value: String) -> String {
        guard value.hasPrefix("date+"), let seconds = Int(value.dropFirst(5)) else { return value }
        return String(decoding: HTTPDate.encode(secondsSince1970: time(nil) + seconds), as: UTF8.self)
    }

    /// `r7` of the last `ref="r7"` that the conversation has; empty if it has none.
    private static func reference(in body: RawJSON) -> String {
        let texts = (body.member("messages")?.elements ?? []).compactMap { $0.member("content")?.stringValue }
        for text in texts.reversed() {
            if let place = text.ranges(of: "ref=\"").last {
                return String(text[place.upperBound...].prefix { $0 != "\"" })
            }
        }
        return ""
    }

    /// The first piece has id and name, two more have the arguments.
    private static func deltas(of call: JSONValue, _ index: Int, in body: RawJSON) -> [JSONValue] {
        let id = call["id"] ?? .string("call_\(index)_\(UInt32.random(in: 0 ... .max))")
        let name = call["name"] ?? ""
        var arguments = call["arguments"]?.stringValue ?? call["arguments"].map { $0.description } ?? "{}"
        if arguments.contains("{{ref}}") { arguments = arguments.replacing("{{ref}}", with: reference(in: body)) }
        func delta(_ entry: JSONValue) -> JSONValue { ["tool_calls": [entry]] }
        var deltas = [
            delta([
                "index": JSONValue(index), "id": id, "type": "function",
                "function": ["name": name, "arguments": ""],
            ])
        ]
        for piece in arguments.cut(into: 2) {
            deltas.append(delta(["index": JSONValue(index), "function": ["arguments": .string(piece)]]))
        }
        return deltas
    }
}
