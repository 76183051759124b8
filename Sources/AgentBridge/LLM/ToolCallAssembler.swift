import MCPProtocol

/// Puts tool calls together from the pieces of a streamed answer, as differently as servers cut them.
struct ToolCallAssembler: Sendable {
    private struct Slot {
        var index: Int64?
        var id: String?
        var name = ""
        /// The pieces of a string, escaped; or one object.
        var arguments = JSONText()
        var argumentsObject: RawJSON?

        /// Whether the arguments are a whole object, so that more of them belongs to another call.
        var isComplete: Bool {
            if argumentsObject != nil { return true }
            let text = arguments.string
            guard text.utf8.last == UInt8(ascii: "}") else { return false }
            do {
                return try RawJSON(validating: text).kind == .object
            } catch {
                return false
            }
        }
    }

    private var slots: [Slot] = []

    /// The longest arguments of one call, in bytes, and the most calls of one answer.
    static let maxArgumentBytes = 1 << 20
    static let maxCalls = 1000

    var isEmpty: Bool { slots.isEmpty }

    /// Takes the `tool_calls` of one delta.
    mutating func add(_ list: RawJSON) throws(LLMFailure) {
        var position = 0
        for piece in list.elements {
            try add(piece, position: position)
            position += 1
        }
    }

    /// Takes a `function_call`, the older form of a single call.
    mutating func addFunctionCall(_ function: RawJSON) throws(LLMFailure) {
        guard function.kind == .object else { return }
        if slots.isEmpty { slots.append(Slot(index: 0)) }
        try extend(0, id: nil, function: function)
    }

    /// - Parameter position: in its list. Two entries of one list are two calls.
    private mutating func add(_ piece: RawJSON, position: Int) throws(LLMFailure) {
        guard piece.kind == .object else { return }
        let (indexValue, idValue, functionValue) = piece.members("index", "id", "function")
        let index = indexValue?.intValue
        let id = idValue?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
        let name = functionValue?.member("name")?.stringValue ?? ""
        let carriesArguments = functionValue?.member("arguments").map { !$0.isNull && !$0.isString("") } ?? false
        let slot =
            slot(index: index, id: id, name: name, position: position, carriesArguments: carriesArguments)
            ?? makeSlot(index)
        guard slots.count <= Self.maxCalls else {
            throw LLMFailure(.tooLarge(limit: Self.maxCalls), "more than \(Self.maxCalls) tool calls in one answer")
        }
        try extend(slot, id: id, function: functionValue)
    }

    private mutating func makeSlot(_ index: Int64?) -> Int {
        slots.append(Slot(index: index))
        return slots.count - 1
    }

    /// Which call a piece continues; `nil`: it begins one.
    private func slot(index: Int64?, id: String?, name: String, position: Int, carriesArguments: Bool) -> Int? {
        if let index {
            if let id, let known = slots.lastIndex(where: { $0.index == index && $0.id == id }) { return known }
            guard let last = slots.lastIndex(where: { $0.index == index }) else { return nil }
            // Parallel calls that all say the same index: told apart by id and name. A fresh id with every piece of
            // one call comes without a name.
            if let id, let known = slots[last].id, known != id, !name.isEmpty, !slots[last].name.isEmpty { return nil }
            return last
        }
        if let id {
            if let known = slots.lastIndex(where: { $0.id == id }) { return known }
            return name.isEmpty ? slots.indices.last : nil
        }
        // Neither index nor id: whole calls, or pieces of the last one.
        guard let last = slots.indices.last, position == 0 else { return nil }
        if name.isEmpty { return last }
        if slots[last].name.isEmpty { return last }
        if name != slots[last].name || (carriesArguments && slots[last].isComplete) { return nil }
        return last
    }

    private mutating func extend(_ slot: Int, id: String?, function: RawJSON?) throws(LLMFailure) {
        if slots[slot].id == nil { slots[slot].id = id }
        guard let function else { return }
        let (name, arguments) = function.members("name", "arguments")
        if slots[slot].name.isEmpty, let name = name?.stringValue { slots[slot].name = name }
        guard let arguments else { return }
        switch arguments.kind {
        case .string: slots[slot].arguments.append(arguments)
        case .object: slots[slot].argumentsObject = arguments.detached()
        default: break
        }
        guard slots[slot].arguments.escaped.count <= 2 * Self.maxArgumentBytes else {
            throw LLMFailure(
                .tooLarge(limit: Self.maxArgumentBytes),
                "the arguments of a tool call are longer than \(Self.maxArgumentBytes) bytes")
        }
    }

    /// The calls, each with an id that no other has. A slot that neither names a tool nor has arguments is noise.
    func finish() -> [ToolCall] {
        var ordered = slots.filter { !$0.name.isEmpty || !$0.arguments.isEmpty || $0.argumentsObject != nil }
        let indexes = ordered.compactMap(\.index)
        if indexes.count == ordered.count, Set(indexes).count == indexes.count {
            ordered.sort { ($0.index ?? 0) < ($1.index ?? 0) }
        }
        var ids: Set<String> = []
        return ordered.map { slot in
            var id = slot.id ?? ToolCall.makeID()
            if !ids.insert(id).inserted {
                id = ToolCall.makeID()
                ids.insert(id)
            }
            return ToolCall(
                id: id, name: slot.name, arguments: slot.argumentsObject?.text ?? slot.arguments.string)
        }
    }
}
