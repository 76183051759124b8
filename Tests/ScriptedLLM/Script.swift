import MCPProtocol

/// What the server answers, request by request.
struct Script: Sendable {
    enum Selection: String { case turn, sequence }

    /// What a step does, in order.
    enum Action: Sendable {
        case wait(Duration)
        /// Bytes of the body as they are.
        case raw([UInt8])
        /// One event whose data is a chunk with this delta.
        case delta(JSONValue)
        /// Pieces of text, each as a JSON string, written when the script is read: a model must cost far less than what
        /// it is asked by.
        case text([[UInt8]], pause: Duration)
        /// So many pieces of text, each the time of its sending, `@` and nanoseconds of `CLOCK_MONOTONIC`.
        case stamps(Int, pause: Duration)
        case toolCalls(JSONValue)
        case finish(String)
        case usage(JSONValue)
        case done
        /// Cuts the connection.
        case reset
        /// Waits until the client goes away.
        case hang
    }

    struct Step: Sendable {
        var status = 200
        var headers: [(String, String)] = []
        /// Before the head.
        var delay = Duration.zero
        /// In place of a stream.
        var body: [UInt8]?
        var actions: [Action] = []
    }

    struct Problem: Error, CustomStringConvertible {
        let description: String
    }

    var selection = Selection.turn
    var steps: [Step] = []

    /// Reads `{"select":"turn|sequence","steps":[…]}`.
    ///
    /// A step: `status`, `headers`, `delayMs`, `body` (text, or JSON), and `stream`, a list of actions: `{"waitMs":10}`,
    /// `{"raw":"data: …\n\n"}`, `{"delta":{…}}`, `{"text":"…","pieces":3,"pauseMs":5}`, `{"stamps":20,"pauseMs":5}`,
    /// `{"toolCalls":[{"name","arguments","id"}]}`, `{"finish":"stop"}`, `{"usage":{…}}`, `{"done":true}`,
    /// `{"reset":true}`, `{"hang":true}`. Shorthand for ordinary steps: `text`, `stamps`, `toolCalls` and `usage` in the
    /// step itself. A header's value `date+5` is the HTTP date in 5 seconds; `{{ref}}` in the arguments of a call is the
    /// last reference to a long result that the request has.
    init(parsing text: [UInt8]) throws {
        let root = try JSONValue(parsing: text, limits: JSONLimits(maxBytes: 64 << 20))
        if let name = root["select"]?.stringValue {
            guard let selection = Selection(rawValue: name) else {
                throw Problem(description: "select \"\(name)\" is neither turn nor sequence")
            }
            self.selection = selection
        }
        guard let steps = root["steps"]?.arrayValue, !steps.isEmpty else {
            throw Problem(description: "a script needs \"steps\", a list")
        }
        self.steps = try steps.map(Self.step)
    }

    init(steps: [Step]) { self.steps = steps }

    private static func step(_ value: JSONValue) throws -> Step {
        var step = Step()
        step.status = Int(clamping: value["status"]?.intValue ?? 200)
        step.headers = (value["headers"]?.objectValue?.members ?? []).map { ($0.name, $0.value.stringValue ?? "") }
        step.delay = .milliseconds(value["delayMs"]?.intValue ?? 0)
        if let body = value["body"] { step.body = body.stringValue.map { Array($0.utf8) } ?? body.serialized() }
        if let stream = value["stream"]?.arrayValue {
            step.actions = try stream.map(action)
        } else if step.body == nil {
            step.actions = ordinary(value)
        }
        return step
    }

    /// Text, calls, end and usage, as a well-behaved server sends them.
    static func ordinary(_ value: JSONValue) -> [Action] {
        var actions: [Action] = [.delta(["role": "assistant", "content": ""])]
        if let text = value["text"]?.stringValue {
            actions.append(spoken(text, value))
        }
        if let count = value["stamps"]?.intValue {
            actions.append(.stamps(Int(clamping: count), pause: .milliseconds(value["pauseMs"]?.intValue ?? 0)))
        }
        let calls = value["toolCalls"]
        if let calls { actions.append(.toolCalls(calls)) }
        actions.append(.finish(value["finish"]?.stringValue ?? (calls == nil ? "stop" : "tool_calls")))
        actions.append(.usage(value["usage"] ?? ["prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15]))
        actions.append(.done)
        return actions
    }

    private static func spoken(_ text: String, _ value: JSONValue) -> Action {
        let pieces = text.cut(into: Int(clamping: value["pieces"]?.intValue ?? 8))
        return .text(pieces.map { JSONWriter.quote($0) }, pause: .milliseconds(value["pauseMs"]?.intValue ?? 0))
    }

    private static func action(_ value: JSONValue) throws -> Action {
        if let wait = value["waitMs"]?.intValue { return .wait(.milliseconds(wait)) }
        if let raw = value["raw"]?.stringValue { return .raw(Array(raw.utf8)) }
        if let bytes = value["rawBytes"]?.arrayValue {
            return .raw(bytes.map { UInt8(truncatingIfNeeded: $0.intValue ?? 0) })
        }
        if let delta = value["delta"] { return .delta(delta) }
        if let text = value["text"]?.stringValue {
            return spoken(text, value)
        }
        if let count = value["stamps"]?.intValue {
            return .stamps(Int(clamping: count), pause: .milliseconds(value["pauseMs"]?.intValue ?? 0))
        }
        if let calls = value["toolCalls"] { return .toolCalls(calls) }
        if let reason = value["finish"]?.stringValue { return .finish(reason) }
        if let usage = value["usage"] { return .usage(usage) }
        if value["done"] != nil { return .done }
        if value["reset"] != nil { return .reset }
        if value["hang"] != nil { return .hang }
        throw Problem(description: "unknown action \(value)")
    }

    /// The step for a request; the last one answers whatever comes after it.
    ///
    /// - Parameters:
    ///   - turn: how many answers of the model the conversation has since the user's last message.
    ///   - number: of the request, from 0.
    func step(turn: Int, number: Int) -> Step {
        let index = selection == .turn ? turn : number
        return steps[min(max(0, index), steps.count - 1)]
    }
}

extension String {
    /// So many pieces of about the same length; fewer where there are fewer characters.
    func cut(into count: Int) -> [String] {
        let characters = Array(self)
        let size = max(1, (characters.count + max(1, count) - 1) / max(1, count))
        return stride(from: 0, to: characters.count, by: size).map {
            String(characters[$0..<min($0 + size, characters.count)])
        }
    }
}
