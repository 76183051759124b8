import AsyncIO
import MCPProtocol

/// Writes the chunks of a streamed answer, each as one server-sent event.
struct StreamEncoder {
    let form: AnswerForm
    /// What every chunk begins with, up to its choices.
    private let head: [UInt8]

    init(_ form: AnswerForm) {
        self.form = form
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("id")
        writer.string(form.id)
        writer.key("object")
        writer.string("chat.completion.chunk")
        writer.key("created")
        writer.integer(form.created)
        writer.key("model")
        writer.string(form.model)
        writer.endObject()
        // Open again for what follows.
        head = writer.finish().dropLast() + Array(",\"choices\":".utf8)
    }

    func chunk(_ delta: Delta) -> [UInt8] {
        var body = JSONWriter(capacity: 128)
        delta.encode(into: &body)
        var choices = Array("[{\"index\":0,\"delta\":".utf8)
        choices += body.finish()
        choices += Array(",\"finish_reason\":null}]".utf8)
        return event(choices, rest: !form.isDIAL && form.includesUsage ? Array(",\"usage\":null".utf8) : [])
    }

    /// The end of a good answer: the finish chunk, usage where it is wanted, `[DONE]`.
    func end(_ summary: RunSummary) -> [[UInt8]] {
        var reason = JSONWriter()
        reason.string(summary.finishReason)
        let choices = Array("[{\"index\":0,\"delta\":{},\"finish_reason\":".utf8) + reason.finish() + Array("}]".utf8)
        var rest = JSONWriter()
        rest.beginObject()
        form.encodeExtension(summary, into: &rest)
        if form.isDIAL {
            rest.key("usage")
            summary.usage.encode(into: &rest)
            form.encodeStatistics(summary, into: &rest)
        } else if form.includesUsage {
            rest.key("usage")
            rest.null()
        }
        rest.endObject()
        let members = [UInt8(ascii: ",")] + rest.finish().dropFirst().dropLast()
        var events = [event(choices, rest: members)]
        if !form.isDIAL, form.includesUsage {
            var usage = JSONWriter()
            summary.usage.encode(into: &usage)
            events.append(event(Array("[]".utf8), rest: Array(",\"usage\":".utf8) + usage.finish()))
        }
        events.append(Self.done)
        return events
    }

    /// The end of an answer that failed after its beginning.
    static func end(_ error: [UInt8]) -> [[UInt8]] {
        var bytes: [UInt8] = []
        SSEEncoder.encode(data: JSONLine.escapingLineEnds(error)[...], into: &bytes)
        return [bytes, done]
    }

    static let done = Array("data: [DONE]\n\n".utf8)

    static let ping = Array(": ping\n\n".utf8)

    private func event(_ choices: [UInt8], rest: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(head.count + choices.count + rest.count + 10)
        bytes += "data: ".utf8
        bytes += head
        bytes += choices
        bytes += rest
        bytes += "}\n\n".utf8
        return JSONLine.escapingLineEnds(bytes)
    }
}
