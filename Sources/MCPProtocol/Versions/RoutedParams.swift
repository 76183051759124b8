/// The params of a request that names its target (a prompt, a resource or a task), found in one pass and otherwise left
/// as they came. `tools/call` has ``CallToolParams``.
package struct RoutedParams: Sendable {
    /// What ``target`` names.
    package enum TargetKind: Hashable, Sendable {
        /// A prompt, by its name.
        case prompt
        /// A resource, by its URI; in `completion/complete` also by its URI template.
        case resource
        /// A task, by its id.
        case task
    }

    /// The whole, an object.
    package let raw: RawJSON
    package let targetKind: TargetKind
    /// The name, URI or id, as the sender knows it.
    package let target: String
    /// The `_meta` member, an object.
    package let meta: RawJSON?
    private let targetValue: RawJSON

    /// - Throws: what a caller has to be told: a missing or malformed target, `_meta` or `arguments`, or one of them given
    ///   more than once, which two readers could take for different requests. A method that names no target, too, is an
    ///   error: see ``targetMember(of:)``.
    package init(method: String, params: RawJSON?) throws(MessageError) {
        guard let wanted = Self.targetMember(of: method) else {
            throw MessageError(path: "method", fact: "\"\(method)\" names no target")
        }
        guard let params, params.kind == .object else {
            throw MessageError(path: "params", fact: "must be an object with \"\(wanted)\"")
        }
        let names = [wanted, "_meta", "arguments"]
        let found = try params.onlyMembers(names, path: "params")
        if let meta = found[1], meta.kind != .object {
            throw MessageError(path: "params._meta", fact: "must be an object")
        }
        raw = params
        meta = found[1]
        switch method {
        case "completion/complete":
            (targetKind, targetValue) = try Self.reference(found[0])
        case "prompts/get":
            try Self.checkPromptArguments(found[2])
            (targetKind, targetValue) = (.prompt, try Self.string(found[0], path: "params.name"))
        default:
            targetKind = wanted == "uri" ? .resource : .task
            targetValue = try Self.string(found[0], path: "params.\(wanted)")
        }
        target = targetValue.stringValue ?? ""
    }

    /// The member of the params that says what a request is about; `nil` for methods that need no routing by one.
    package static func targetMember(of method: String) -> String? {
        switch method {
        case "prompts/get": "name"
        case "resources/read", "resources/subscribe", "resources/unsubscribe": "uri"
        case "completion/complete": "ref"
        case "tasks/get", "tasks/result", "tasks/cancel": "taskId"
        default: nil
        }
    }

    /// The sender's progress token, as it wrote it; `nil` if it wants no progress.
    package var progressToken: RawJSON? {
        guard let token = meta?.member("progressToken"), token.kind == .string || token.kind == .number else {
            return nil
        }
        return token
    }

    /// The same request about another target and with another progress token, every other byte as it came.
    ///
    /// - Parameter progressToken: `nil` asks for no progress, also when the sender did: its token means nothing to others.
    package func forwarded(target: String, progressToken: Int64?) -> [UInt8] {
        var edits: [JSONEdit] = []
        if !target.utf8.elementsEqual(self.target.utf8) {
            edits.append(JSONEdit(targetValue, JSONWriter.quote(target)))
        }
        let token = progressToken.map { Array("\($0)".utf8) }
        if let meta {
            if token != nil || meta.member("progressToken") != nil {
                edits.append(JSONEdit(meta, meta.replacingMembers([("progressToken", token)])))
            }
        } else if let token {
            // The last byte of an object is its brace, and this one has a member: the target.
            let brace = (raw.bytes.endIndex - 1)..<raw.bytes.endIndex
            edits.append(JSONEdit(brace, Array(",\"_meta\":{\"progressToken\":".utf8) + token + Array("}}".utf8)))
        }
        return Array(raw.applying(edits).bytes)
    }

    private static func string(_ value: RawJSON?, path: String) throws(MessageError) -> RawJSON {
        guard let value, value.kind == .string else { throw MessageError(path: path, fact: "must be a string") }
        return value
    }

    /// `ref` of `completion/complete`: a prompt by name or a resource by URI.
    private static func reference(_ reference: RawJSON?) throws(MessageError) -> (TargetKind, RawJSON) {
        guard let reference, reference.kind == .object else {
            throw MessageError(path: "params.ref", fact: "must be an object")
        }
        let found = try reference.onlyMembers(["type", "name", "uri"], path: "params.ref")
        switch found[0]?.stringValue {
        case "ref/prompt": return (.prompt, try string(found[1], path: "params.ref.name"))
        case "ref/resource": return (.resource, try string(found[2], path: "params.ref.uri"))
        default: throw MessageError(path: "params.ref.type", fact: "must be \"ref/prompt\" or \"ref/resource\"")
        }
    }

    /// Arguments of prompts are strings in every revision (MCP 2025-11-25, Prompts, "Getting a Prompt").
    private static func checkPromptArguments(_ arguments: RawJSON?) throws(MessageError) {
        guard let arguments else { return }
        guard arguments.kind == .object else {
            throw MessageError(path: "params.arguments", fact: "must be an object")
        }
        var wrong: String?
        arguments.forEachMember { key, value in
            if value.kind != .string { wrong = key.string }
            return wrong == nil
        }
        if let wrong { throw MessageError(path: "params.arguments.\(wrong)", fact: "must be a string") }
    }
}

extension RawJSON {
    /// The values of `names`, in their order, found in one scan.
    ///
    /// - Throws: when one of them stands there more than once.
    fileprivate func onlyMembers(_ names: [String], path: String) throws(MessageError) -> [RawJSON?] {
        var found = [RawJSON?](repeating: nil, count: names.count)
        var duplicate: String?
        forEachMember { key, value in
            guard let index = names.firstIndex(where: key.matches) else { return true }
            if found[index] != nil { duplicate = names[index] }
            found[index] = value
            return duplicate == nil
        }
        if let duplicate { throw MessageError(path: "\(path).\(duplicate)", fact: "appears more than once") }
        return found
    }
}
