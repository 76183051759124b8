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
    /// The sender's progress token, as it wrote it; `nil` if it wants no progress.
    package let progressToken: RawJSON?
    private let nameValue: RawJSON
    /// Nothing in `_meta` has to pass.
    private let metaIsOfOneHop: Bool
    private let isRetry: Bool

    package init(_ params: RawJSON?) throws(MessageError) { try self.init(RequestMembers(params)) }

    /// - Throws: what a caller has to be told: a missing or malformed `name`, `arguments`, `_meta` or `task`, or one of
    ///   them given more than once, which two readers could take for different calls.
    package init(_ members: RequestMembers) throws(MessageError) {
        guard let params = members.params, params.kind == .object else {
            throw MessageError(path: "params", fact: "must be an object with a \"name\"")
        }
        try members.refuseRepeated(.name, .arguments, .meta, .task)
        guard let name = members[.name], let text = name.stringValue else {
            throw MessageError(path: "params.name", fact: "must be a string")
        }
        if let arguments = members[.arguments], arguments.kind != .object {
            throw MessageError(path: "params.arguments", fact: "must be an object")
        }
        meta = members[.meta]
        if let meta, meta.kind != .object { throw MessageError(path: "params._meta", fact: "must be an object") }
        task = members[.task]
        if let task, task.kind != .object { throw MessageError(path: "params.task", fact: "must be an object") }
        raw = params
        self.name = text
        nameValue = name
        progressToken = members.meta?.progressToken
        metaIsOfOneHop = !(members.meta?.hasOthers ?? false)
        isRetry = members.has(.inputResponses) || members.has(.requestState)
    }

    /// The same call under another name, with what its `_meta` has to say on the next hop, every other byte as it came.
    ///
    /// - Parameter quotedName: as JSON.
    package func forwarded(quotedName: [UInt8], to hop: NextHop) -> OutgoingParams {
        // What answers a server of 2026-07-28 means nothing to older ones.
        guard metaIsOfOneHop, hop.revision.isModern ? hop.selfDescription != nil : !isRetry else {
            return OutgoingParams(forwarded(quotedName: quotedName, progressToken: hop.progressToken))
        }
        var meta: [UInt8] = []
        let description = hop.revision.isModern ? hop.selfDescription ?? [] : []
        meta.reserveCapacity(description.count + 48)
        meta.append(contentsOf: Self.tokenStart)
        JSONWriter.append(hop.progressToken, to: &meta)
        if !description.isEmpty {
            meta.append(.comma)
            meta.append(contentsOf: description)
        }
        meta.append(.closeBrace)
        return OutgoingParams(splicing(quotedName, meta), isOfItsHop: true)
    }

    private static let tokenStart = Array(#"{"progressToken":"#.utf8)
    private static let metaStart = Array(#","_meta":"#.utf8)

    private func splicing(_ quotedName: [UInt8], _ newMeta: [UInt8]) -> [UInt8] {
        let bytes = raw.bytes
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count + quotedName.count + newMeta.count + 16)
        var position = bytes.startIndex
        func replace(_ old: RawJSON, by new: [UInt8]) {
            output.append(contentsOf: bytes[position..<old.bytes.startIndex])
            output.append(contentsOf: new)
            position = old.bytes.endIndex
        }
        if let meta, meta.bytes.startIndex < nameValue.bytes.startIndex {
            replace(meta, by: newMeta)
            replace(nameValue, by: quotedName)
        } else {
            replace(nameValue, by: quotedName)
            if let meta { replace(meta, by: newMeta) }
        }
        // The last byte of an object is its brace, and this one has a member: the name.
        output.append(contentsOf: bytes[position..<(bytes.endIndex - 1)])
        if meta == nil {
            output.append(contentsOf: Self.metaStart)
            output.append(contentsOf: newMeta)
        }
        output.append(.closeBrace)
        return output
    }

    /// The same call under another name and progress token, every other byte as it came.
    ///
    /// - Parameter quotedName: as JSON.
    package func forwarded(quotedName: [UInt8], progressToken: Int64) -> [UInt8] {
        let token = Array("\(progressToken)".utf8)
        return splicing(quotedName, (meta ?? .emptyObject).replacingMembers([(MetaKey.progressToken, token)]))
    }
}
