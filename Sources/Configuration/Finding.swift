/// Something to say about a configuration file.
package struct Finding: Sendable, Equatable {
    package enum Severity: String, Sendable {
        /// The configuration cannot be used.
        case error

        /// It can, but probably not as meant.
        case warning
    }

    package var severity: Severity

    /// The JSON path, such as `$.mcpServers.github.timeouts.call`; `$` for the file as a whole.
    package var path: String

    /// Counted from 1; `nil` when no place in the file is meant (it cannot be read, or something is missing).
    package var line: Int?
    package var column: Int?

    /// A sentence: the thing, the fact, the limit, what to do. Without secrets, control characters and newlines.
    package var message: String

    /// The text of the offending line, for a syntax error; shortened, on one line. Not redacted, since a file that
    /// does not parse does not tell what its secrets are: for the operator's terminal, not for logs.
    package var excerpt: String?

    package init(
        _ severity: Severity, at path: String, line: Int? = nil, column: Int? = nil, _ message: String,
        excerpt: String? = nil
    ) {
        self.severity = severity
        self.path = path
        self.line = line
        self.column = column
        self.message = message
        self.excerpt = excerpt
    }

    /// One line as compilers write it: `gateway.json:12:7: error: $.mcpServers.x.url: …`.
    package func rendered(file: String, withExcerpt: Bool = true) -> String {
        var place = file
        if let line { place += ":\(line)" }
        if line != nil, let column { place += ":\(column)" }
        let location = path == "$" ? "" : "\(path): "
        let shown = withExcerpt ? excerpt.map { " | \($0)" } ?? "" : ""
        return "\(place): \(severity.rawValue): \(location)\(message)\(shown)"
    }
}
