/// Paths as they are written in the file.
package enum FilePathText {
    /// `path` made absolute: `~/` is the home folder, what is relative starts from `base`; `.` and `..` at the front
    /// are resolved, so that messages show where something really is. Relative still when `base` is `nil`.
    package static func absolute(_ path: String, base: String?, home: String?) -> String {
        if let home, path == "~" || path.hasPrefix("~/") { return normalized(home + path.dropFirst()) }
        if path.hasPrefix("/") { return path }
        guard let base else { return path }
        return normalized(base + "/" + path)
    }

    /// The folder a file is in.
    package static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// Without `.`, empty parts, and `..` after a name. Only the text is looked at: through a symbolic link `a/..` may
    /// be elsewhere, as it is for a shell's `cd`.
    package static func normalized(_ path: String) -> String {
        var parts: [Substring] = []
        for part in path.split(separator: "/") where part != "." {
            if part == "..", let last = parts.last, last != ".." {
                parts.removeLast()
            } else if part != ".." || !path.hasPrefix("/") {
                parts.append(part)
            }
        }
        let joined = parts.joined(separator: "/")
        return path.hasPrefix("/") ? "/" + joined : joined.isEmpty ? "." : joined
    }
}
