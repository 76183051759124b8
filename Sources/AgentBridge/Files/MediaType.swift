/// Media types (RFC 9110, section 8.3.1), as far as it matters whether something is text.
enum MediaType {
    /// Without parameters, in lower case.
    static func bare(_ type: String) -> String {
        String(type.prefix { $0 != ";" }.filter { !$0.isWhitespace }).lowercased()
    }

    static func isText(_ type: String) -> Bool {
        let type = bare(type)
        return type.hasPrefix("text/") || texts.contains(type) || type.hasSuffix("+json")
            || type.hasSuffix("+xml")
                && type != "image/svg+xml"
    }

    static func isImage(_ type: String) -> Bool {
        let type = bare(type)
        // Models see pixels only.
        return type.hasPrefix("image/") && type != "image/svg+xml"
    }

    /// Says nothing about the content.
    static func isVague(_ type: String) -> Bool {
        ["", "application/octet-stream", "binary/octet-stream", "*/*"].contains(bare(type))
    }

    /// What a file's name promises; `nil` if nothing.
    static func ofFile(named name: String) -> String? {
        guard let dot = name.lastIndex(of: ".") else { return nil }
        return bySuffix[name[name.index(after: dot)...].lowercased()]
    }

    /// `.png` for `image/png`; empty for a type without a usual suffix.
    static func suffix(of type: String) -> String {
        let type = bare(type)
        return suffixes.first { $0.type == type }.map { "." + $0.suffix } ?? ""
    }

    private static let texts: Set<String> = [
        "application/json", "application/xml", "application/csv", "application/yaml", "application/x-yaml",
        "application/x-ndjson", "application/javascript", "application/sql", "application/toml",
    ]

    private static let suffixes: [(suffix: String, type: String)] = [
        ("png", "image/png"), ("jpg", "image/jpeg"), ("jpeg", "image/jpeg"), ("gif", "image/gif"),
        ("webp", "image/webp"), ("svg", "image/svg+xml"), ("txt", "text/plain"), ("log", "text/plain"),
        ("md", "text/markdown"), ("csv", "text/csv"), ("html", "text/html"), ("htm", "text/html"),
        ("json", "application/json"), ("xml", "application/xml"), ("yaml", "application/yaml"),
        ("yml", "application/yaml"), ("pdf", "application/pdf"), ("wav", "audio/wav"), ("mp3", "audio/mpeg"),
        ("zip", "application/zip"),
    ]

    private static let bySuffix = Dictionary(suffixes.map { ($0.suffix, $0.type) }) { first, _ in first }
}
