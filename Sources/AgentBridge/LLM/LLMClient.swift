import AsyncIO
import Glibc
import MCPProtocol

/// Calls models over HTTP.
struct LLMClient: Sendable {
    let clients: HTTPClientGroup

    /// Asks the first model that answers.
    ///
    /// An attempt that failed is repeated, or the next model asked, only while nothing of an answer was passed on.
    ///
    /// - Parameters:
    ///   - models: at least one; the others are asked when those before them fail.
    ///   - deadline: of the run. No wait goes beyond it.
    ///   - onRetry: told before each further attempt.
    ///   - onPiece: gets the answer's text while it arrives; waiting in it slows the model's server down.
    func complete(
        _ call: LLMCall, by models: [LLMSettings], on loop: EventLoop, deadline: MonotonicInstant,
        onRetry: (LLMFailure) -> Void, onPiece: (LLMPiece) async -> Void
    ) async throws(LLMFailure) -> LLMReply {
        var last = LLMFailure(.unusable, "no model is configured")
        for model in models {
            var attempt = 0
            while true {
                var hasPassedOn = false
                do throws(LLMFailure) {
                    return try await self.attempt(call, model, on: loop, deadline: deadline) { piece in
                        hasPassedOn = true
                        await onPiece(piece)
                    }
                } catch {
                    last = error
                }
                if last.kind == .cancelled || last.kind == .deadline { throw last }
                if hasPassedOn {
                    if last.kind == .unreachable || last.kind == .unusable { last.kind = .interrupted }
                    throw last
                }
                guard let wait = model.retry.wait(after: last, attempt: attempt), .now + wait < deadline else { break }
                onRetry(last)
                do throws(CancellationError) {
                    try await loop.sleep(for: wait)
                } catch {
                    throw LLMFailure(.cancelled, "cancelled")
                }
                attempt += 1
            }
            guard last.allowsFallback else { break }
        }
        throw last
    }

    private func attempt(
        _ call: LLMCall, _ model: LLMSettings, on loop: EventLoop, deadline: MonotonicInstant,
        onPiece: (LLMPiece) async -> Void
    ) async throws(LLMFailure) -> LLMReply {
        let end = min(deadline, .now + model.timeouts.total)
        let first = min(end, .now + model.timeouts.connect + model.timeouts.firstByte)
        func failure(_ error: HTTPClientError, stage: String) -> LLMFailure {
            if case .timedOut = error {
                if MonotonicInstant.now >= deadline { return LLMFailure(.deadline, "the run's deadline passed") }
                if MonotonicInstant.now >= end { return LLMFailure(error, stage: "total") }
            }
            return LLMFailure(error, stage: stage)
        }
        let response: HTTPClientResponse
        do throws(HTTPClientError) {
            response = try await clients.client(for: loop).send(
                request(call, model), connectTimeout: model.timeouts.connect, deadline: first)
        } catch {
            throw failure(error, stage: "first byte")
        }
        guard (200..<300).contains(response.status) else {
            var refusal = await refusal(response, until: first)
            refusal.usedCallersKey = model.auth == .passthrough
            throw refusal
        }
        var reader = LLMReplyReader()
        var hasByte = false
        do throws(LLMFailure) {
            try checkCoding(response, model)
            while !reader.isDone {
                let limit = hasByte ? min(end, .now + model.timeouts.idle) : first
                let chunk: [UInt8]?
                do throws(HTTPClientError) {
                    chunk = try await response.nextChunk(until: limit)
                } catch {
                    throw failure(error, stage: hasByte ? "idle" : "first byte")
                }
                guard let chunk else { break }
                hasByte = true
                for piece in try reader.feed(chunk) { await onPiece(piece) }
            }
            var (pieces, reply) = try reader.finish()
            for piece in pieces { await onPiece(piece) }
            reply.model = model.name
            release(response, on: loop)
            return reply
        } catch {
            response.cancel()
            throw error
        }
    }

    /// - Throws: for an answer in a content coding that nobody asked for.
    private func checkCoding(_ response: HTTPClientResponse, _ model: LLMSettings) throws(LLMFailure) {
        let coding = response.headers.first("Content-Encoding")?.lowercased() ?? "identity"
        if ["identity", ""].contains(coding) || model.takesCompression && ["gzip", "x-gzip"].contains(coding) {
            return
        }
        throw LLMFailure(
            .unusable, "the model's server answered in the coding \(coding.cut(toBytes: 40)), which nobody asked for")
    }

    private func request(_ call: LLMCall, _ model: LLMSettings) -> HTTPClientRequest {
        var headers = model.headers
        headers.append(("Content-Type", "application/json"))
        headers.append(("Accept", "text/event-stream, application/json"))
        if !model.takesCompression { headers.append(("Accept-Encoding", "identity")) }
        let key = model.auth == .passthrough ? call.identity.credentials.key : model.apiKey
        switch model.style {
        case .openai:
            if let key { headers.append(("Authorization", "Bearer " + key)) }
        case .dial:
            if let key { headers.append(("Api-Key", key)) }
            if model.auth == .passthrough, let authorization = call.identity.credentials.authorization {
                headers.append(("Authorization", authorization))
            }
            if let conversation = call.identity.conversationID {
                headers.append(("X-CONVERSATION-ID", conversation))
            }
            if let title = call.identity.jobTitle { headers.append(("X-JOB-TITLE", title)) }
        }
        headers.append(("X-Request-Id", call.identity.requestID))
        if let traceparent = call.identity.traceparent { headers.append(("traceparent", traceparent)) }
        if let tracestate = call.identity.tracestate { headers.append(("tracestate", tracestate)) }
        var request = HTTPClientRequest(
            method: "POST", url: model.url, headers: headers, body: call.body(for: model)[...], mayRepeat: true)
        request.decodesContent = model.takesCompression
        return request
    }

    private func refusal(_ response: HTTPClientResponse, until deadline: MonotonicInstant) async -> LLMFailure {
        var body: [UInt8] = []
        do throws(HTTPClientError) {
            body = try await response.readAll(upTo: 64 << 10, until: min(deadline, .now + .seconds(5)))
        } catch {
            response.cancel()
            if error == .cancelled { return LLMFailure(.cancelled, "cancelled") }
            // The status says enough.
        }
        return LLMErrorBody.failure(
            status: response.status, headers: response.headers, body: body, now: time(nil))
    }

    /// Reads the end of a stream behind its `[DONE]`, so that the connection can be used again; nobody waits for it.
    private func release(_ response: HTTPClientResponse, on loop: EventLoop) {
        Task(executorPreference: loop) {
            do throws(HTTPClientError) {
                _ = try await response.readAll(upTo: 64 << 10, until: .now + .milliseconds(500))
            } catch {
                response.cancel()
            }
        }
    }
}
