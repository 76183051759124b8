import AsyncIO
import MCPProtocol

/// Turns what a run tells into changes of an answer: text as text, calls of tools as stages, or lines of reasoning, or
/// nothing.
struct DeltaMaker {
    let progress: ChatRequest.Progress
    let stages: AgentSettings.Stages

    /// The stage of each call, in the order in which they began.
    private var stageOfCall: [Int: Int] = [:]
    private var openStages: Set<Int> = []
    private var attachmentCount = 0
    private var open: [Int: ToolStart] = [:]
    private var hasText = false
    /// Whether questions to a person are shown as a DIAL platform has them.
    private let showsForms: Bool

    init(
        progress: ChatRequest.Progress, stages: AgentSettings.Stages, openCalls: [ToolStart] = [],
        showsForms: Bool = false
    ) {
        self.progress = progress
        self.stages = stages
        self.showsForms = showsForms
        for call in openCalls { open[call.index] = call }
    }

    /// The calls that have begun and not ended.
    var openCalls: [ToolStart] { open.values.sorted { $0.index < $1.index } }

    /// Shows what was going on when the answer before this one ended.
    mutating func begin() -> [Delta] { openCalls.flatMap { began($0) } }

    mutating func deltas(for event: RunEvent) -> [Delta] {
        switch event {
        case .text(let value):
            // What separates two turns separates nothing where the one before was in another answer.
            if !hasText, value == AgentRun.blankLine { return [] }
            hasText = true
            return [.content(value)]
        case .reasoning(let value): return progress == .reasoning ? [.reasoning(value)] : []
        case .toolStarted(let start):
            open[start.index] = start
            return began(start)
        case .toolProgress(let index, let text):
            switch progress {
            case .stages:
                guard stages == .full, let stage = stageOfCall[index] else { return [] }
                return [.stage(index: stage, name: nil, content: text + "\n", status: nil)]
            case .reasoning: return [Self.line("  " + text)]
            case .off: return []
            }
        case .toolEnded(let end):
            open[end.index] = nil
            return ended(end)
        case .interrupted(let summary):
            let stages = closeStages(suffix: " [waiting]", status: "completed")
            guard showsForms, let question = summary.interruption else { return stages }
            let text = (hasText ? "\n\n" : "") + question.text
            return stages + [
                .content(RawJSON(unchecked: JSONWriter.quote(text)[...])), .formSchema(question.formSchema),
                .state(question.state),
            ]
        case .attachment(let value):
            guard progress == .stages else { return [] }
            defer { attachmentCount += 1 }
            return [.attachment(index: attachmentCount, value)]
        case .usage, .failed: return []
        case .finished(let summary):
            var deltas: [Delta] = []
            if !summary.clientToolCalls.isEmpty { deltas.append(.toolCalls(summary.clientToolCalls)) }
            if let state = summary.state, progress == .stages { deltas.append(.state(state)) }
            return deltas
        }
    }

    /// Ends what a failure leaves open.
    mutating func closeStages(suffix: String? = nil, status: String = "failed") -> [Delta] {
        defer { openStages = [] }
        return openStages.sorted().map { .stage(index: $0, name: suffix, content: nil, status: status) }
    }

    private mutating func began(_ start: ToolStart) -> [Delta] {
        switch progress {
        case .off: return []
        case .reasoning: return [Self.line("→ \(start.name) \(start.arguments.cut(toBytes: 500))")]
        case .stages:
            guard stages != .off else { return [] }
            let stage = stageOfCall.count
            stageOfCall[start.index] = stage
            openStages.insert(stage)
            var deltas = [
                Delta.stage(index: stage, name: GatewayTool.shown(start.name), content: nil, status: nil)
            ]
            if stages == .full {
                let text = "## Request arguments:\n```json\n\(start.arguments)\n```\n"
                deltas.append(.stage(index: stage, name: nil, content: text, status: nil))
            }
            return deltas
        }
    }

    private mutating func ended(_ end: ToolEnd) -> [Delta] {
        let seconds = RunPrinter.seconds(end.duration)
        switch progress {
        case .off: return []
        case .reasoning:
            return [Self.line("\(end.isError ? "✗" : "✓") \(end.name) \(seconds)\(end.note.map { " " + $0 } ?? "")")]
        case .stages:
            guard let stage = stageOfCall[end.index] else { return [] }
            openStages.remove(stage)
            var deltas: [Delta] = []
            if stages == .full {
                deltas.append(
                    .stage(
                        index: stage, name: nil, content: "## Response:\n```\n\(end.text)\n```\n", status: nil))
            }
            deltas.append(
                .stage(
                    index: stage, name: " [\(seconds)]", content: nil, status: end.isError ? "failed" : "completed"))
            return deltas
        }
    }

    private static func line(_ text: String) -> Delta {
        .reasoning(RawJSON(unchecked: JSONWriter.quote(text + "\n")[...]))
    }
}
