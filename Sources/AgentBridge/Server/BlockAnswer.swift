import AsyncIO
import MCPProtocol

/// Merges the changes of an answer to the answer that is not streamed: strings concatenate, lists merge by index, and
/// the index is dropped.
struct BlockAnswer {
    private struct Stage {
        var name = ""
        var content = ""
        var hasContent = false
        var status: String?
    }

    private var content = JSONText()
    private var hasContent = false
    private var reasoning = JSONText()
    private var stages: [Stage] = []
    private var attachments: [RawJSON] = []
    private var state: RawJSON?
    private var formSchema: RawJSON?
    private var toolCalls: [ToolCall] = []

    mutating func merge(_ delta: Delta) {
        switch delta {
        case .role: break
        case .content(let value):
            hasContent = true
            content.append(value)
        case .reasoning(let value): reasoning.append(value)
        case .stage(let index, let name, let text, let status):
            while stages.count <= index { stages.append(Stage()) }
            if let name { stages[index].name += name }
            if let text {
                stages[index].content += text
                stages[index].hasContent = true
            }
            if let status { stages[index].status = status }
        case .attachment(_, let value): attachments.append(value)
        case .state(let value): state = value
        case .formSchema(let value): formSchema = value
        case .toolCalls(let calls): toolCalls += calls
        }
    }

    func encode(_ form: AnswerForm, _ summary: RunSummary, extra: (inout JSONWriter) -> Void = { _ in }) -> [UInt8] {
        var writer = JSONWriter(capacity: content.escaped.count + 1024)
        writer.beginObject()
        writer.key("id")
        writer.string(form.id)
        writer.key("object")
        writer.string("chat.completion")
        writer.key("created")
        writer.integer(form.created)
        writer.key("model")
        writer.string(form.model)
        writer.key("choices")
        writer.beginArray()
        writer.beginObject()
        writer.key("index")
        writer.integer(0)
        writer.key("finish_reason")
        writer.string(summary.finishReason)
        writer.key("message")
        encodeMessage(into: &writer)
        writer.endObject()
        writer.endArray()
        writer.key("usage")
        summary.usage.encode(into: &writer)
        if form.isDIAL { form.encodeStatistics(summary, into: &writer) }
        form.encodeExtension(summary, into: &writer)
        extra(&writer)
        writer.endObject()
        return writer.finish()
    }

    private func encodeMessage(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("role")
        writer.string("assistant")
        writer.key("content")
        if hasContent { writer.raw(content.raw) } else { writer.null() }
        if !reasoning.isEmpty {
            writer.key("reasoning_content")
            writer.raw(reasoning.raw)
        }
        if !toolCalls.isEmpty {
            writer.key("tool_calls")
            writer.beginArray()
            for call in toolCalls { call.encode(into: &writer) }
            writer.endArray()
        }
        if !stages.isEmpty || !attachments.isEmpty || state != nil || formSchema != nil {
            encodeCustomContent(into: &writer)
        }
        writer.endObject()
    }

    private func encodeCustomContent(into writer: inout JSONWriter) {
        writer.key("custom_content")
        writer.beginObject()
        if !stages.isEmpty {
            writer.key("stages")
            writer.beginArray()
            for stage in stages {
                writer.beginObject()
                writer.key("name")
                writer.string(stage.name)
                if stage.hasContent {
                    writer.key("content")
                    writer.string(stage.content)
                }
                writer.key("status")
                if let status = stage.status { writer.string(status) } else { writer.null() }
                writer.endObject()
            }
            writer.endArray()
        }
        if !attachments.isEmpty {
            writer.key("attachments")
            writer.beginArray()
            for attachment in attachments { writer.raw(attachment) }
            writer.endArray()
        }
        if let formSchema {
            writer.key("form_schema")
            writer.raw(formSchema)
        }
        if let state {
            writer.key("state")
            writer.raw(state)
        }
        writer.endObject()
    }
}
