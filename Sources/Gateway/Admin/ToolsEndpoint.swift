import AsyncIO
import MCPProtocol

/// `POST /v1/tools/{name}`: one call with nothing but an HTTP client. The body is the arguments, the answer the
/// `CallToolResult`.
struct ToolsEndpoint: Sendable {
    let router: Router
    let limits: LimitsConfiguration

    func call(_ name: String, _ exchange: HTTPExchange) async {
        guard let tool = router.catalog.snapshot.tool(named: name) else {
            await exchange.respond(HTTPProblem.unknownTool(name, in: router.catalog))
            return
        }
        let body: ArraySlice<UInt8>
        do throws(HTTPBodyError) {
            body = try await exchange.readBody(upTo: limits.maxBodyBytes)
        } catch {
            await exchange.respond(HTTPProblem(error))
            return
        }
        let run: CallRun
        do throws(HTTPProblem) {
            let arguments = try arguments(in: body)
            run = try makeRun(tool, arguments, on: exchange.loop)
        } catch {
            await exchange.respond(error)
            return
        }
        // Whoever hangs up here has no other way to say that the answer is not wanted.
        exchange.onDisconnect { Task { await run.cancel(reason: "the client disconnected") } }
        await answer(run, exchange)
    }

    /// No body means no arguments.
    private func arguments(in body: ArraySlice<UInt8>) throws(HTTPProblem) -> RawJSON? {
        guard !body.isEmpty else { return nil }
        do throws(JSONError) {
            let value = try RawJSON(
                validating: body, limits: JSONLimits(maxBytes: limits.maxBodyBytes, maxDepth: limits.maxJSONDepth))
            guard value.kind == .object else {
                throw JSONError(.unexpectedByte(value.bytes.first ?? 0), offset: 0)
            }
            return value
        } catch {
            throw HTTPProblem(
                400, title: "Invalid arguments",
                detail: "the body must be a JSON object, the tool's arguments: \(error)")
        }
    }

    private func makeRun(
        _ tool: CatalogTool, _ arguments: RawJSON?, on loop: EventLoop
    ) throws(HTTPProblem) -> CallRun {
        var params = JSONWriter()
        params.beginObject()
        params.key("name")
        params.string(tool.exposedName)
        if let arguments {
            params.key("arguments")
            params.raw(arguments)
        }
        params.endObject()
        let whole: CallToolParams
        do throws(MessageError) {
            whole = try CallToolParams(RawJSON(unchecked: params.finish()[...]))
        } catch {
            throw HTTPProblem(400, title: "Invalid arguments", detail: "\(error)")
        }
        do throws(JSONRPCError) {
            return try router.call(whole, for: .anonymous, on: loop)
        } catch {
            throw HTTPProblem(404, title: "No such tool", detail: error.message)
        }
    }

    private func answer(_ run: CallRun, _ exchange: HTTPExchange) async {
        while true {
            guard case .finished(var outcome, let facts) = await run.next() else { continue }
            // What a server of 2026-07-28 says in every result is for clients that speak it: here there are no eras.
            let isModern = facts.revision.isModern
            if isModern, case .stream(let stream) = outcome {
                outcome =
                    stream.member == "result"
                    ? .stream(EditedOutcome(stream, .withoutModernMembers)) : await run.collect(stream)
            }
            switch outcome {
            case .result(let result):
                let own = isModern ? result.withoutModernMembers : result
                await exchange.respond(LegacyEndpoint.jsonHead(.ok), body: Array(own.bytes))
            case .failed(let failure):
                await exchange.respond(
                    LegacyEndpoint.jsonHead(.ok),
                    body: Array(failure.toolResult(tool: run.call.toolName ?? failure.server).bytes))
            case .error(let error):
                let isCallersFault = error.code == ErrorCode.invalidParams
                await exchange.respond(
                    HTTPProblem(
                        isCallersFault ? .badRequest : .badGateway, title: "The server refused the call",
                        detail: "\(error.message) (\(error.code))"))
            case .stream(let stream):
                let writer = await exchange.startStream(
                    LegacyEndpoint.jsonHead(stream.member == "result" ? .ok : .badGateway))
                do {
                    while let piece = try await stream.next(until: .now + .seconds(60)) {
                        try await writer.write(piece)
                    }
                } catch {
                    await stream.cancel()
                    return  // Unfinished, so the connection is cut and the client sees it.
                }
                await writer.finish()
            case .cancelled:
                await exchange.respond(HTTPProblem(499, title: "Cancelled", detail: "the call was cancelled"))
            }
            return
        }
    }
}
