import MCPProtocol

/// Puts back into a conversation what its earlier runs did and the caller did not see.
struct History {
    let pending: PendingCalls
    /// Finds the state of an assistant message; `nil` where there is none, or none that can be trusted.
    let state: (ChatRequest.Message) -> StoredState?
    let ignoresSystem: Bool

    /// - Throws: `invalid_tool_messages` if calls and their answers do not match.
    func messages(of request: ChatRequest) throws(RunFailure) -> [ChatMessage] {
        var messages: [ChatMessage] = []
        var index = 0
        let given = request.messages
        while index < given.count {
            let message = given[index].message
            index += 1
            if ignoresSystem, message.role == .system || message.role == .developer { continue }
            guard message.role == .assistant else {
                messages.append(withAttachments(message, given[index - 1].customContent))
                continue
            }
            let stored = state(given[index - 1])
            if !message.toolCalls.isEmpty {
                var answers: [ChatMessage] = []
                while index < given.count, given[index].message.role == .tool {
                    answers.append(given[index].message)
                    index += 1
                }
                messages += try paired(message, answers, stored)
            } else if let stored {
                messages += stored.history.map { kept in
                    var kept = kept
                    kept.origin = message.origin
                    return kept
                }
                if !stored.final.isEmpty {
                    var final = ChatMessage.text(.assistant, stored.final)
                    final.origin = message.origin
                    messages.append(final)
                }
            } else {
                messages.append(message)
            }
        }
        try check(messages)
        return messages
    }

    private func withAttachments(_ message: ChatMessage, _ custom: RawJSON?) -> ChatMessage {
        guard message.role == .user, let list = custom?.member("attachments")?.elements, !list.isEmpty else {
            return message
        }
        var message = message
        message.attachments = list
        return message
    }

    /// Calls the caller ran, with those the bridge ran in the same turn.
    private func paired(
        _ message: ChatMessage, _ answers: [ChatMessage], _ stored: StoredState?
    ) throws(RunFailure) -> [ChatMessage] {
        let kept = pending.entry(for: message.toolCalls).map { ($0.history, $0.results) } ?? stored.flatMap(Self.split)
        guard let (history, known) = kept, let whole = history.last else { return [message] + answers }
        var results = known
        for answer in answers {
            guard let id = answer.toolCallID, message.toolCalls.contains(where: { $0.id == id }) else {
                throw Self.mismatch("A tool message answers a call that was not made.", answer)
            }
            results[id] = answer
        }
        var messages = history
        for call in whole.toolCalls {
            guard let result = results[call.id] else {
                throw Self.mismatch("The call \(call.id.cut(toBytes: 80)) has no tool message.", message)
            }
            messages.append(result)
        }
        return messages
    }

    /// A run that waits for its caller, as state has it: up to the message with the calls, and the results there are.
    private static func split(_ stored: StoredState) -> ([ChatMessage], [String: ChatMessage])? {
        guard let last = stored.history.lastIndex(where: { $0.role == .assistant }) else { return nil }
        var results: [String: ChatMessage] = [:]
        for message in stored.history[(last + 1)...] {
            if let id = message.toolCallID { results[id] = message }
        }
        return (Array(stored.history[...last]), results)
    }

    /// Each call has its answer, right behind it, and nothing else is an answer.
    private func check(_ messages: [ChatMessage]) throws(RunFailure) {
        var open: Set<String> = []
        var last: ChatMessage?
        for message in messages {
            if message.role == .tool {
                guard let id = message.toolCallID, open.remove(id) != nil else {
                    throw Self.mismatch("A tool message answers a call that was not made.", message)
                }
                continue
            }
            if let id = open.first {
                throw Self.mismatch("The call \(id.cut(toBytes: 80)) has no tool message.", last ?? message)
            }
            open = Set(message.toolCalls.map(\.id))
            last = message
        }
        if let id = open.first, let last {
            throw Self.mismatch("The call \(id.cut(toBytes: 80)) has no tool message.", last)
        }
    }

    private static func mismatch(_ text: String, _ message: ChatMessage) -> RunFailure {
        RunFailure(
            400, "invalid_request_error", "invalid_tool_messages", text,
            param: message.origin.map { "messages[\($0)]" } ?? "messages")
    }
}

/// The hidden part of an answer: what happened before its text.
struct StoredState: Sendable {
    var history: [ChatMessage]
    var final: JSONText
}
