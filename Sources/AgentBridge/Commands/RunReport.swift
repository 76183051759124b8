import AsyncIO
import MCPProtocol
import Synchronization

/// A run as JSON on standard output: each event a line as it happens, or the whole answer with its steps at the end.
final class RunReport: Sendable {
    private struct State {
        var maker = DeltaMaker(progress: .off, stages: .off)
        var answer = BlockAnswer()
        var steps: [JSONValue] = []
        var starts: [Int: ToolStart] = [:]
    }

    private let isStream: Bool
    private let form: AnswerForm
    private let state = Mutex(State())

    /// - Parameter isStream: JSON lines.
    init(_ request: RunRequest, isStream: Bool) {
        self.isStream = isStream
        form = AnswerForm(
            model: request.agent.name, runID: request.runID, isDIAL: false, includesUsage: true,
            modelNames: Dictionary(request.models.map { ($0.name, $0.model) }) { first, _ in first })
        if isStream {
            line(["type": "run_start", "run_id": .string(request.runID), "agent": .string(request.agent.name)])
        }
    }

    func print(_ event: RunEvent) {
        if isStream { printLine(event) } else { collect(event) }
    }

    private func line(_ value: JSONValue) {
        Terminal.output.write(value.serialized() + [UInt8(ascii: "\n")])
    }

    private func printLine(_ event: RunEvent) {
        switch event {
        case .text(let text): line(["type": "text", "text": JSONValue(text)])
        case .reasoning(let text): line(["type": "reasoning", "text": JSONValue(text)])
        case .toolStarted(let start):
            line([
                "type": "tool_start", "index": JSONValue(start.index), "id": .string(start.id),
                "name": .string(start.name), "arguments": .string(start.arguments),
            ])
        case .toolProgress(let index, let text):
            line(["type": "tool_progress", "index": JSONValue(index), "text": .string(text)])
        case .toolEnded(let end):
            line([
                "type": "tool_end", "index": JSONValue(end.index), "name": .string(end.name),
                "duration_ms": JSONValue(end.duration.milliseconds), "bytes": JSONValue(end.byteCount),
                "is_error": .bool(end.isError), "note": end.note.map { .string($0) } ?? nil,
            ])
        case .attachment(let value): line(["type": "attachment", "attachment": JSONValue(value)])
        case .usage(let model, let usage):
            line(["type": "usage", "model": .string(model), "usage": Self.value(usage)])
        case .interrupted: break
        case .finished(let summary):
            line([
                "type": "run_end", "finish_reason": .string(summary.finishReason),
                "stop_reason": .string(summary.stopReason.rawValue), "turns": JSONValue(summary.turns),
                "tool_calls": JSONValue(summary.toolCalls), "usage": Self.value(summary.usage),
            ])
        case .failed(let failure):
            line(["type": "error", "code": .string(failure.code), "message": .string(failure.message)])
        }
    }

    private static func value(_ usage: LLMUsage) -> JSONValue {
        var writer = JSONWriter()
        usage.encode(into: &writer)
        return JSONValue(RawJSON(unchecked: writer.finish()[...]))
    }

    private func collect(_ event: RunEvent) {
        let output = state.withLock { state -> [UInt8]? in
            for delta in state.maker.deltas(for: event) { state.answer.merge(delta) }
            switch event {
            case .toolStarted(let start): state.starts[start.index] = start
            case .toolEnded(let end):
                let start = state.starts.removeValue(forKey: end.index)
                state.steps.append([
                    "name": .string(end.name), "arguments": .string(start?.arguments ?? ""),
                    "result": .string(end.text), "is_error": .bool(end.isError),
                    "duration_ms": JSONValue(end.duration.milliseconds),
                ])
            case .finished(let summary):
                let steps = JSONValue.array(state.steps)
                return state.answer.encode(form, summary) { writer in
                    writer.key("steps")
                    writer.value(steps)
                }
            case .failed(let failure):
                return ErrorAnswer.body(failure, requestID: form.runID, isDIAL: false)
            default: break
            }
            return nil
        }
        if let output { Terminal.output.write(output + [UInt8(ascii: "\n")]) }
    }
}
