import MCPProtocol

/// The spans of one run: what is recorded of it, and where that goes (OpenTelemetry's conventions for generative AI).
struct RunTrace: Sendable {
    let exporter: SpanExporter
    let root: Span

    /// - Returns: `nil` if nobody wants spans, or the caller has decided against them.
    init?(_ exporter: SpanExporter?, _ identity: RequestIdentity) {
        guard let exporter, let parts = identity.traceparent?.split(separator: "-"), parts.count == 4 else {
            return nil
        }
        if identity.parentSpan != nil, Int(parts[3], radix: 16).map({ $0 & 1 == 0 }) ?? true { return nil }
        self.exporter = exporter
        root = Span(traceID: String(parts[1]), parentID: identity.parentSpan, kind: .server)
    }

    func begin(_ kind: Span.Kind) -> Span { Span(traceID: root.traceID, parentID: root.spanID, kind: kind) }

    func endRun(_ request: RunRequest, usage: LLMUsage, error: String?) {
        var attributes: [(name: String, value: JSONValue)] = [
            ("gen_ai.operation.name", "invoke_agent"), ("gen_ai.agent.name", .string(request.agent.name)),
            ("gen_ai.usage.input_tokens", JSONValue(usage.promptTokens)),
            ("gen_ai.usage.output_tokens", JSONValue(usage.completionTokens)),
        ]
        if let conversation = request.identity.conversationID {
            attributes.append(("gen_ai.conversation.id", .string(conversation)))
        }
        exporter.record(root.ended("invoke_agent \(request.agent.name)", attributes, error: error))
    }

    /// - Parameter reply: `nil` if there is none.
    func endChat(_ span: Span, model: String, _ reply: LLMReply?, error: String?) {
        var attributes: [(name: String, value: JSONValue)] = [
            ("gen_ai.operation.name", "chat"), ("gen_ai.request.model", .string(model)),
        ]
        if let usage = reply?.usage {
            attributes.append(("gen_ai.usage.input_tokens", JSONValue(usage.promptTokens)))
            attributes.append(("gen_ai.usage.output_tokens", JSONValue(usage.completionTokens)))
        }
        if let reason = reply?.finishReason {
            attributes.append(("gen_ai.response.finish_reasons", .array([.string(reason)])))
        }
        exporter.record(span.ended("chat \(model)", attributes, error: error))
    }

    func endTool(_ span: Span, name: String, callID: String, error: String?) {
        let attributes: [(name: String, value: JSONValue)] = [
            ("gen_ai.operation.name", "execute_tool"), ("gen_ai.tool.name", .string(name)),
            ("gen_ai.tool.call.id", .string(callID)),
        ]
        exporter.record(span.ended("execute_tool \(name.cut(toBytes: 128))", attributes, error: error))
    }
}
