import MCPProtocol

/// Keeps a conversation within a model's context: first the oldest tool results go, then the oldest exchanges.
enum ContextBudget {
    /// Bytes of JSON to a token, on the careful side.
    static let bytesPerToken = 3.5
    /// Turns whose tool results stay.
    static let turnsKept = 3
    static let removedResult = "[old tool result removed]"

    static func tokens(bytes: Int) -> Int { Int((Double(bytes) / bytesPerToken).rounded(.up)) }

    static func tokens(_ messages: [ChatMessage]) -> Int { tokens(bytes: messages.reduce(0) { $0 + $1.byteCount }) }

    /// Makes the messages smaller by about that many tokens, or as much as may be taken.
    ///
    /// System messages, the first and the last user message and the last exchange with tools stay. An assistant message
    /// and the answers to its calls stay or go together.
    ///
    /// - Returns: places in the caller's request of what was dropped.
    static func shrink(_ messages: inout [ChatMessage], by tokens: Int) -> [Int] {
        var excess = Int(Double(tokens) * bytesPerToken)
        excess -= removeOldResults(&messages, upTo: excess)
        guard excess > 0 else { return [] }
        return dropExchanges(&messages, upTo: excess)
    }

    /// - Returns: the bytes won.
    private static func removeOldResults(_ messages: inout [ChatMessage], upTo excess: Int) -> Int {
        let turns = messages.indices.filter { messages[$0].role == .assistant }
        guard turns.count > turnsKept else { return 0 }
        let end = turns[turns.count - turnsKept]
        var won = 0
        for index in 0..<end where won < excess {
            guard messages[index].role == .tool, let id = messages[index].toolCallID else { continue }
            var short = ChatMessage.tool(answering: id, removedResult)
            short.origin = messages[index].origin
            guard short.byteCount < messages[index].byteCount else { continue }
            won += messages[index].byteCount - short.byteCount
            messages[index] = short
        }
        return won
    }

    private static func dropExchanges(_ messages: inout [ChatMessage], upTo excess: Int) -> [Int] {
        let isSystem = { (message: ChatMessage) in message.role == .system || message.role == .developer }
        let users = messages.indices.filter { messages[$0].role == .user }
        let firstUser = users.first
        let lastUser = users.last { messages[$0].origin != nil } ?? users.last
        var dropped = Set<Int>()
        var won = 0
        var index = 0
        let groups = groups(messages)
        while index < groups.count, won < excess {
            let group = groups[index]
            index += 1
            let isProtected = group.contains { place in
                isSystem(messages[place]) || place == firstUser || place == lastUser
            }
            if isProtected || group.upperBound == messages.count { continue }
            for place in group {
                won += messages[place].byteCount
                dropped.insert(place)
            }
        }
        let origins = dropped.sorted().compactMap { messages[$0].origin }
        messages = messages.enumerated().filter { !dropped.contains($0.offset) }.map(\.element)
        return origins
    }

    /// What stays or goes as one: a message, or an assistant message with calls and all that answers them.
    private static func groups(_ messages: [ChatMessage]) -> [Range<Int>] {
        var groups: [Range<Int>] = []
        var index = 0
        while index < messages.count {
            var end = index + 1
            if !messages[index].toolCalls.isEmpty {
                while end < messages.count, messages[end].role == .tool { end += 1 }
                // Images of the results.
                if end < messages.count, messages[end].role == .user, messages[end].origin == nil { end += 1 }
            }
            groups.append(index..<end)
            index = end
        }
        return groups
    }
}
