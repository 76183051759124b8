/// Where a file is that a caller or a model named: in the configured storage, or on another host.
enum FileLocation: Sendable, Equatable {
    /// `files/{bucket}/{path}`, percent-encoded, without `.` and `..`.
    case stored(path: String)
    case remote(RemoteURL)

    /// - Throws: why it names no file.
    init(parsing text: String) throws(FileProblem) {
        if text.contains("://") {
            self = .remote(try RemoteURL(parsing: text))
        } else {
            self = .stored(path: try Self.storedPath(text))
        }
    }

    /// A relative path stays within `files/` however it is written.
    private static func storedPath(_ text: String) throws(FileProblem) -> String {
        let path = RemoteURL.percentEncoded(text)
        let segments = path.split(separator: "/", omittingEmptySubsequences: false)
        guard segments.count >= 3, segments[0] == "files" else {
            throw FileProblem("is neither files/BUCKET/PATH nor an http or https URL")
        }
        guard !path.contains("?"), !path.contains("#"), segments.allSatisfy(isPlain) else {
            throw FileProblem("is not a plain path of the storage")
        }
        return path
    }

    /// Neither empty nor a step up, even to a server that decodes before it splits.
    private static func isPlain(_ segment: Substring) -> Bool {
        let lower = segment.lowercased()
        let decoded = lower.replacing("%2e", with: ".")
        return !segment.isEmpty && decoded != "." && decoded != ".." && !lower.contains("%2f") && !lower.contains("%5c")
            && !segment.contains("\\")
    }
}

/// Why a file cannot be had, to be put after its name. For the model and the log: without keys and addresses of ours.
struct FileProblem: Error, Equatable {
    let reason: String

    init(_ reason: String) { self.reason = reason }
}
