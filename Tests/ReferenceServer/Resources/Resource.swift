import MCPProtocol

/// A resource: what `resources/list` says of it, and what `resources/read` answers.
struct Resource: Sendable {
    enum Content: Sendable {
        case text(String)
        /// Base64.
        case blob(String)
        /// A text that has the number of updates in it.
        case counting(@Sendable (_ updates: Int) -> String)
    }

    let uri: String
    let name: String
    let description: String
    let mimeType: String
    var presentation = Presentation.plain
    /// `Annotations`, as JSON.
    var annotations: String?
    /// The first revision that can express it; clients of older ones do not see the resource.
    var since = ProtocolRevision.v2024_11_05
    /// Asked before it is read; the answer becomes the text. From 2026-07-28.
    var question: Question?
    let content: Content

    func write(to writer: inout JSONWriter, for revision: ProtocolRevision) {
        writer.beginObject()
        writer.key("uri")
        writer.string(uri)
        writer.key("name")
        writer.string(name)
        writer.key("description")
        writer.string(description)
        writer.key("mimeType")
        writer.string(mimeType)
        presentation.write(to: &writer, for: revision)
        if let annotations {
            writer.key("annotations")
            writer.raw(Array(annotations.utf8))
        }
        writer.endObject()
    }

    /// The item of `contents`.
    func contents(updates: Int, for revision: ProtocolRevision) -> JSONValue {
        var item: JSONObject = ["uri": .string(uri), "mimeType": .string(mimeType)]
        switch content {
        case .text(let text): item["text"] = .string(text)
        case .blob(let base64): item["blob"] = .string(base64)
        case .counting(let text): item["text"] = .string(text(updates))
        }
        if revision.hasObjectMeta, let meta = presentation.meta {
            item["_meta"] = JSONValue(RawJSON(unchecked: Array(meta.utf8)[...]))
        }
        return .object(item)
    }
}

extension Resource {
    static let builtIn: [Resource] = [
        Resource(
            uri: "test://static-text", name: "static_text", description: "A text that never changes.",
            mimeType: "text/plain", presentation: Presentation(title: "Static text", icons: Presentation.icon),
            annotations: #"{"audience":["user","assistant"],"priority":0.5}"#,
            content: .text("This is the content of the static text resource.")),
        Resource(
            uri: "test://static-binary", name: "static_binary", description: "A picture of one pixel.",
            mimeType: "image/png", content: .blob(Sample.png)),
        Resource(
            uri: "test://watched-resource", name: "watched_resource",
            description: "A text that counts how often it was updated.", mimeType: "text/plain",
            content: .counting { "This resource was updated \($0) times." }),
        Resource(
            uri: "ui://reference/app", name: "app", description: "A view for the tool show_app.",
            mimeType: "text/html;profile=mcp-app",
            presentation: Presentation(
                title: "Reference app",
                meta: #"{"ui":{"csp":{"connectDomains":["https://example.com"]},"prefersBorder":true}}"#),
            content: .text(
                """
                <!doctype html>
                <html><head><title>Reference app</title></head>
                <body><p id="greeting">Hello from ui://reference/app</p></body></html>
                """)),
        Resource(
            uri: "test://input-required", name: "input_required", description: "A text that is asked for.",
            mimeType: "application/json", since: .v2026_07_28,
            question: Forms.name("Who wants to read this?").keyed("reader"), content: .text("")),
    ]

    /// The resource that comes and goes.
    static let changing = Resource(
        uri: "test://changing", name: "changing", description: "A resource that is not always there.",
        mimeType: "text/plain", content: .text("here"))

    /// Resources in number, for tests of long lists.
    static func generated(count: Int) -> [Resource] {
        (0..<count).map { index in
            let digits = String(index)
            let name = "resource_" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
            return Resource(
                uri: "test://generated/\(index)", name: name, description: "Record \(index) of a collection.",
                mimeType: "text/plain", content: .text("The content of record \(index)."))
        }
    }
}
