import AsyncIO
import MCPClient
import MCPProtocol

/// The gateway's prompts and resources, for a person in a chat.
struct GatewayShelf {
    let agent: LocalAgent

    private static let patience = Duration.seconds(30)

    // MARK: Prompts

    func listPrompts() throws(UsageError) {
        for item in try items(.prompts) {
            let arguments = (item.raw.member("arguments")?.elements ?? []).map { argument in
                let name = argument.member("name")?.stringValue ?? ""
                return argument.member("required")?.boolValue == true ? " \(name)=…" : " [\(name)=…]"
            }
            show(item.key + arguments.joined(), item.raw.member("description")?.stringValue)
        }
    }

    /// - Parameter line: a name and `key=value`s, with quotes around values with spaces.
    func prompt(_ line: String, hasVision: Bool) throws(UsageError) -> [ChatMessage] {
        var words = try Self.words(line)
        guard !words.isEmpty else { throw UsageError("/prompt needs a name; /prompts lists them") }
        let name = words.removeFirst()
        var arguments = JSONObject()
        for word in words {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, !parts[0].isEmpty else { throw UsageError("\(word.shortened) is not KEY=VALUE") }
            arguments[parts[0]] = .string(parts[1])
        }
        let params: JSONValue = ["name": .string(name), "arguments": .object(arguments)]
        let result = try ask("prompts/get", params)
        return (result.member("messages")?.elements ?? []).compactMap { Self.message($0, hasVision: hasVision) }
    }

    private static func message(_ value: RawJSON, hasVision: Bool) -> ChatMessage? {
        guard let role = value.member("role")?.stringValue.flatMap(ChatMessage.Role.init(rawValue:)),
            role == .user || role == .assistant, let content = value.member("content")
        else { return nil }
        // A message's content is a block as tools' results have them.
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("content")
        writer.beginArray()
        writer.raw(content)
        writer.endArray()
        writer.endObject()
        let result = ToolResult(RawJSON(unchecked: writer.finish()[...]))
        guard role == .user, hasVision, !result.images.isEmpty else { return .text(role, result.text) }
        return .user(parts: result.images.map { ContentPart.image(ContentPart.dataURL($0)) })
    }

    /// A line as a shell would cut it, without its other powers.
    static func words(_ line: String) throws(UsageError) -> [String] {
        var words: [String] = []
        var word: String?
        var quote: Character?
        for character in line {
            if character == quote {
                quote = nil
            } else if quote == nil, character == "\"" || character == "'" {
                quote = character
                word = word ?? ""
            } else if quote == nil, character == " " {
                if let done = word { words.append(done) }
                word = nil
            } else {
                word = (word ?? "") + String(character)
            }
        }
        guard quote == nil else { throw UsageError("a quote is not closed") }
        return words + (word.map { [$0] } ?? [])
    }

    // MARK: Resources

    func listResources() throws(UsageError) {
        for kind in [ListKind.resources, .resourceTemplates] {
            for item in try items(kind) {
                let type = item.raw.member("mimeType")?.stringValue.map { " (\($0))" } ?? ""
                show(item.key + type, item.raw.member("name")?.stringValue)
            }
        }
    }

    /// Shows what there is at a URI.
    ///
    /// - Returns: the same for the model; a text that is too long for a question is left out.
    func read(_ uri: String) throws(UsageError) -> [Attachment] {
        let params: JSONValue = ["uri": .string(uri)]
        var attachments: [Attachment] = []
        for content in try ask("resources/read", params).member("contents")?.elements ?? [] {
            let title = content.member("uri")?.stringValue ?? uri
            let type = content.member("mimeType")?.stringValue
            if let text = content.member("text"), let shown = text.stringValue {
                Terminal.output.write(Terminal.visible(shown) + (shown.hasSuffix("\n") ? "" : "\n"))
                guard shown.utf8.count <= AttachmentContent.maxInlineText else {
                    Terminal.error.note(
                        "\(Terminal.line(title)) has \(shown.utf8.count) bytes; the next question takes at most"
                            + " \(AttachmentContent.maxInlineText)")
                    continue
                }
                // Whatever it is, it came as text.
                let textType = type.flatMap { MediaType.isText($0) ? $0 : nil } ?? "text/plain"
                attachments.append(Attachment(type: textType, title: title, data: text.detached()))
            } else if let blob = content.member("blob"), blob.kind == .string {
                let type = type ?? "application/octet-stream"
                Terminal.error.note(
                    "\(Terminal.line(title)): \(Terminal.line(type)), \(ToolResult.decodedSize(blob)) bytes")
                attachments.append(Attachment(type: type, title: title, data: blob.detached()))
            }
        }
        return attachments
    }

    // MARK: The gateway

    private func show(_ name: String, _ description: String?) {
        Terminal.output.write(Terminal.line(name) + (description.map { "  " + Terminal.line($0) } ?? "") + "\n")
    }

    private func items(_ kind: ListKind) throws(UsageError) -> [ListPage.Item] {
        try over { session, limit throws(MCPClientError) in try await session.items(of: kind, until: limit) }
    }

    private func ask(_ method: String, _ params: JSONValue) throws(UsageError) -> RawJSON {
        let params = params.raw
        let outcome = try over { session, limit throws(MCPClientError) in
            try await session.ask(method, params, until: limit)
        }
        switch outcome {
        case .result(let result): return result
        case .error(let error): throw UsageError(Terminal.line(error.message))
        }
    }

    private func over<Value: Sendable>(
        _ body: @escaping @Sendable (GatewaySession, MonotonicInstant) async throws(MCPClientError) -> Value
    ) throws(UsageError) -> Value {
        let agent = agent
        let outcome = CommandWork.run(on: agent.loop) { () async -> Result<Value, MCPClientError> in
            let session = await agent.runtime.sessions.session(forwarding: [])
            do throws(MCPClientError) {
                return .success(try await body(session, .now + Self.patience))
            } catch {
                return .failure(error)
            }
        }
        switch outcome {
        case .success(let value): return value
        case .failure(let error): throw UsageError(Terminal.line(error.detail))
        }
    }
}
