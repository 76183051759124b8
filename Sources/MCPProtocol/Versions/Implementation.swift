/// Who a peer is: `clientInfo`, `serverInfo`.
package struct Implementation: Hashable, Sendable {
    package var name: String
    package var version: String
    /// For people. From 2025-06-18.
    package var title: String?
    /// From 2025-11-25.
    package var description: String?
    /// From 2025-11-25.
    package var websiteURL: String?

    package init(
        name: String, version: String, title: String? = nil, description: String? = nil, websiteURL: String? = nil
    ) {
        self.name = name
        self.version = version
        self.title = title
        self.description = description
        self.websiteURL = websiteURL
    }

    /// Reads what is there. Identity is for logs and people: what is missing or has the wrong type is read as empty,
    /// not refused, for there are peers that leave it out.
    package init(_ value: RawJSON?) {
        func string(_ name: String) -> String? { value?.member(name)?.stringValue }
        self.init(
            name: string("name") ?? "", version: string("version") ?? "", title: string("title"),
            description: string("description"), websiteURL: string("websiteUrl"))
    }

    /// Only the members `revision` has.
    package func encode(for revision: ProtocolRevision) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        func write(_ name: String, _ value: String?) {
            guard let value else { return }
            writer.key(name)
            writer.string(value)
        }
        write("name", name)
        if revision.hasTitles { write("title", title) }
        write("version", version)
        if revision.hasIcons {
            write("description", description)
            write("websiteUrl", websiteURL)
        }
        writer.endObject()
        return writer.finish()
    }
}
