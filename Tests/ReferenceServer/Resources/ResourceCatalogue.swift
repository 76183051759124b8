import MCPProtocol

/// The resources and their one template.
@LoopActor
final class ResourceCatalogue {
    static let template = "test://template/{id}/data"
    private static let templateParts = (before: "test://template/", after: "/data")

    private let builtIn: [Resource]
    private let byURI: [String: Resource]
    private let pages: PageCutter
    private var listsChanging = false
    /// How often each resource was updated. Only those that exist are counted.
    private var updates: [String: Int] = [:]

    init(generated: Int, pages: PageCutter) {
        builtIn = Resource.builtIn + Resource.generated(count: generated)
        byURI = Dictionary(
            (builtIn + [Resource.changing]).map { ($0.uri, $0) }, uniquingKeysWith: { first, _ in first })
        self.pages = pages
    }

    /// - Returns: whether the resource is listed now.
    func toggleChanging() -> Bool {
        listsChanging.toggle()
        return listsChanging
    }

    func countUpdate(of uri: String) {
        guard byURI[uri] != nil else { return }
        updates[uri, default: 0] += 1
    }

    /// The only item of `contents`; `nil` if there is no such resource.
    func contents(of uri: String, for revision: ProtocolRevision) -> JSONValue? {
        if let id = Self.templateID(in: uri) {
            let data: JSONValue = ["id": .string(id), "templateTest": true, "data": .string("Data for ID: \(id)")]
            return ["uri": .string(uri), "mimeType": "application/json", "text": .string("\(data)")]
        }
        guard let resource = byURI[uri], exists(uri, for: revision) else { return nil }
        return resource.contents(updates: updates[uri, default: 0], for: revision)
    }

    /// What a client has to be asked before it can read.
    func question(before uri: String) -> Question? { byURI[uri]?.question }

    func exists(_ uri: String, for revision: ProtocolRevision) -> Bool {
        if Self.templateID(in: uri) != nil { return true }
        guard let resource = byURI[uri], resource.since <= revision else { return false }
        return uri != Resource.changing.uri || listsChanging
    }

    /// What stands for `{id}`, as it is written in the URI.
    private static func templateID(in uri: String) -> String? {
        guard uri.hasPrefix(templateParts.before), uri.hasSuffix(templateParts.after) else { return nil }
        let id = uri.dropFirst(templateParts.before.count).dropLast(templateParts.after.count)
        return id.isEmpty || id.contains("/") ? nil : String(id)
    }

    /// The result of `resources/list`, as JSON.
    func page(at cursor: String?, for revision: ProtocolRevision) throws(PageCutter.UnknownCursor) -> [UInt8] {
        let listed = (builtIn + (listsChanging ? [Resource.changing] : [])).filter { $0.since <= revision }
        let page = try pages.page(at: cursor, of: listed.count)
        return ListWriter.write(.resources, listed[page.items], nextCursor: page.nextCursor) { resource, writer in
            resource.write(to: &writer, for: revision)
        }
    }

    /// The result of `resources/templates/list`, as JSON.
    func templatePage(
        at cursor: String?, for revision: ProtocolRevision
    ) throws(PageCutter.UnknownCursor) -> [UInt8] {
        let page = try pages.page(at: cursor, of: 1)
        return ListWriter.write(.resourceTemplates, page.items, nextCursor: page.nextCursor) { _, writer in
            writer.beginObject()
            writer.key("uriTemplate")
            writer.string(Self.template)
            writer.key("name")
            writer.string("template")
            writer.key("description")
            writer.string("Data of an id.")
            writer.key("mimeType")
            writer.string("application/json")
            Presentation(title: "Data by id", icons: Presentation.icon, meta: #"{"example.com/kind":"template"}"#)
                .write(to: &writer, for: revision)
            writer.endObject()
        }
    }
}
