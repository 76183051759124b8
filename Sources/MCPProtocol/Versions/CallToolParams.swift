/// The params of a `tools/call`, found in one pass and otherwise left as they came.
package struct CallToolParams: Sendable {
    /// The whole, an object.
    package let raw: RawJSON
    /// The tool, by the name the sender uses.
    package let name: String
    /// The `_meta` member, an object.
    package let meta: RawJSON?
    /// The `task` member, an object: the sender wants a task instead of a result (MCP 2025-11-25, Tasks).
    package let task: RawJSON?
    private let nameValue: RawJSON

    /// - Throws: what a caller has to be told: a missing or malformed `name`, `arguments`, `_meta` or `task`, or one of
    ///   them given more than once, which two readers could take for different calls.
    package init(_ params: RawJSON?) throws(MessageError) {
        guard let params, params.kind == .object else {
            throw MessageError(path: "params", fact: "must be an object with a \"name\"")
        }
        var name: RawJSON?
        var arguments: RawJSON?
        var meta: RawJSON?
        var task: RawJSON?
        var duplicate: String?
        params.forEachMember { key, value in
            func note(_ member: inout RawJSON?, _ name: String) {
                if member != nil { duplicate = name }
                member = value
            }
            if key == "name" {
                note(&name, "name")
            } else if key == "arguments" {
                note(&arguments, "arguments")
            } else if key == "_meta" {
                note(&meta, "_meta")
            } else if key == "task" {
                note(&task, "task")
            }
            return true
        }
        if let duplicate { throw MessageError(path: "params.\(duplicate)", fact: "appears more than once") }
        guard let name, let text = name.stringValue else {
            throw MessageError(path: "params.name", fact: "must be a string")
        }
        if let arguments, arguments.kind != .object {
            throw MessageError(path: "params.arguments", fact: "must be an object")
        }
        if let meta, meta.kind != .object { throw MessageError(path: "params._meta", fact: "must be an object") }
        if let task, task.kind != .object { throw MessageError(path: "params.task", fact: "must be an object") }
        raw = params
        self.name = text
        nameValue = name
        self.meta = meta
        self.task = task
    }

    /// The sender's progress token, as it wrote it; `nil` if it wants no progress.
    package var progressToken: RawJSON? {
        guard let token = meta?.member("progressToken"), token.kind == .string || token.kind == .number else {
            return nil
        }
        return token
    }

    /// The same call under another name and progress token, every other byte as it came.
    ///
    /// - Parameter quotedName: as JSON.
    package func forwarded(quotedName: [UInt8], progressToken: Int64) -> [UInt8] {
        let bytes = raw.bytes
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count + quotedName.count + 48)
        var position = bytes.startIndex
        func copy(upTo end: Int) {
            output.append(contentsOf: bytes[position..<end])
        }
        let token = "\"progressToken\":\(progressToken)"
        guard let meta else {
            copy(upTo: nameValue.bytes.startIndex)
            output.append(contentsOf: quotedName)
            position = nameValue.bytes.endIndex
            // The last byte of an object is its brace, and this one has a member: the name.
            copy(upTo: bytes.endIndex - 1)
            output.append(contentsOf: ",\"_meta\":{".utf8)
            output.append(contentsOf: token.utf8)
            output.append(contentsOf: "}}".utf8)
            return output
        }
        let newMeta = meta.replacingMembers([("progressToken", Array("\(progressToken)".utf8))])
        var changes = [(nameValue.bytes, quotedName), (meta.bytes, newMeta)]
        if meta.bytes.startIndex < nameValue.bytes.startIndex { changes.swapAt(0, 1) }
        for (old, new) in changes {
            copy(upTo: old.startIndex)
            output.append(contentsOf: new)
            position = old.endIndex
        }
        copy(upTo: bytes.endIndex)
        return output
    }
}
