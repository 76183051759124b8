/// What has URIs of resources in it, at places of its own.
package enum ResourceCarrier: Hashable, Sendable {
    /// The result of `tools/call` and of `tasks/result`.
    case toolResult
    /// The result of `prompts/get`.
    case promptResult
    /// The result of `resources/read`.
    case readResult
    /// An item of `tools/list`.
    case toolDefinition
    /// The params of `sampling/createMessage`.
    case samplingParams
}

/// URIs that name resources: of links, of embedded resources and their contents, and of a tool's view (MCP Apps). What
/// merely looks like one (in texts, structured content, arguments) is data and no name.
extension RawJSON {
    /// This value with its URIs replaced by what `map` makes of them and every other byte as it was.
    ///
    /// - Parameter map: `nil` keeps the URI. Itself, uncopied, when all are kept.
    package func mappingURIs(in carrier: ResourceCarrier, _ map: (String) -> String?) -> RawJSON {
        var edits: [JSONEdit] = []
        forEachURIValue(in: carrier) { value in
            guard let uri = value.stringValue, let mapped = map(uri), !mapped.utf8.elementsEqual(uri.utf8) else {
                return
            }
            edits.append(JSONEdit(value, JSONWriter.quote(mapped)))
        }
        return applying(edits)
    }

    package func forEachURI(in carrier: ResourceCarrier, _ body: (String) -> Void) {
        forEachURIValue(in: carrier) { value in
            if let uri = value.stringValue { body(uri) }
        }
    }

    private func forEachURIValue(in carrier: ResourceCarrier, _ body: (RawJSON) -> Void) {
        switch carrier {
        case .toolResult:
            let (content, meta) = members("content", "_meta")
            content?.forEachBlockURI(body)
            meta?.forEachViewURI(body)
        case .promptResult:
            let (messages, meta) = members("messages", "_meta")
            messages?.forEachElement { message in
                message.member("content")?.blockURI(body)
                return true
            }
            meta?.forEachViewURI(body)
        case .readResult:
            let (contents, meta) = members("contents", "_meta")
            contents?.forEachElement { item in
                item.stringMember("uri", body)
                return true
            }
            meta?.forEachViewURI(body)
        case .toolDefinition:
            member("_meta")?.forEachViewURI(body)
        case .samplingParams:
            member("messages")?.forEachElement { message in
                guard let content = message.member("content") else { return true }
                content.samplingURIs(body)
                content.forEachElement { block in
                    block.samplingURIs(body)
                    return true
                }
                return true
            }
        }
    }

    /// Of a block of a sampling message, which may have the result of a tool in it.
    private func samplingURIs(_ body: (RawJSON) -> Void) {
        blockURI(body)
        if member("type")?.isString("tool_result") ?? false { member("content")?.forEachBlockURI(body) }
    }

    private func forEachBlockURI(_ body: (RawJSON) -> Void) {
        forEachElement { block in
            block.blockURI(body)
            return true
        }
    }

    private func blockURI(_ body: (RawJSON) -> Void) {
        guard let type = member("type") else { return }
        if type.isString("resource_link") {
            stringMember("uri", body)
        } else if type.isString("resource") {
            member("resource")?.stringMember("uri", body)
        }
    }

    /// Of a `_meta`: the tool's view, in today's form and in an older one.
    private func forEachViewURI(_ body: (RawJSON) -> Void) {
        let (ui, flat) = members("ui", "ui/resourceUri")
        ui?.stringMember("resourceUri", body)
        if let flat, flat.kind == .string { body(flat) }
    }

    private func stringMember(_ name: String, _ body: (RawJSON) -> Void) {
        if let value = member(name), value.kind == .string { body(value) }
    }
}
