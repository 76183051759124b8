import Configuration

/// Arguments that make no sense. Exit code 2, as is the custom.
struct UsageError: Error {
    let message: String

    init(_ message: String) { self.message = message }

    /// A name nobody knows, with the one that was probably meant.
    init(_ fact: String, _ name: String, among known: [String]) {
        let hint = NameSuggestion.nearest(to: name, among: known).map { "; did you mean \"\($0)\"?" } ?? ""
        message = "\(fact) \"\(name.shortened)\"\(hint)"
    }
}
