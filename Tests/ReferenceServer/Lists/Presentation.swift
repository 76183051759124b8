import MCPProtocol

/// What an item of a list says of itself beyond its name, as far as the client's revision knows it. All but the title are
/// JSON.
struct Presentation: Sendable {
    /// For people. From 2025-06-18.
    var title: String?
    /// An array. From 2025-11-25.
    var icons: String?
    /// From 2025-06-18.
    var meta: String?

    static let plain = Presentation()

    /// One small picture.
    static let icon =
        #"[{"src":"data:image/png;base64,\#(Sample.png)","mimeType":"image/png","sizes":["1x1"]}]"#

    func write(to writer: inout JSONWriter, for revision: ProtocolRevision) {
        if let title, revision.hasTitles {
            writer.key("title")
            writer.string(title)
        }
        if let icons, revision.hasIcons {
            writer.key("icons")
            writer.raw(Array(icons.utf8))
        }
        if let meta, revision.hasObjectMeta {
            writer.key("_meta")
            writer.raw(Array(meta.utf8))
        }
    }
}
