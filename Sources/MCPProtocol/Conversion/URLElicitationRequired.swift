/// The error -32042: the user has to visit URLs first (MCP 2025-11-25, Elicitation, "URL Mode With Elicitation Required
/// Error").
package struct URLElicitationRequired: Equatable, Sendable {
    package struct Elicitation: Equatable, Sendable {
        package let message: String
        package let url: String
    }

    package let message: String
    package let elicitations: [Elicitation]

    /// - Returns: `nil` for other errors. Entries without a URL are left out.
    package init?(_ error: JSONRPCError) {
        guard error.code == ErrorCode.urlElicitationRequired else { return nil }
        message = error.message
        elicitations = (error.data?.member("elicitations")?.elements ?? []).compactMap { entry in
            let (message, url) = entry.members("message", "url")
            guard let url = url?.stringValue else { return nil }
            return Elicitation(message: message?.stringValue ?? "", url: url)
        }
    }

    /// The result of a tool, for clients that cannot be sent to a URL: the user may go there without them.
    package var toolResult: RawJSON {
        let lines = elicitations.map { $0.message.isEmpty ? $0.url : "\($0.message): \($0.url)" }
        let text = ([message] + lines).filter { !$0.isEmpty }.joined(separator: "\n")
        return .toolError(text)
    }
}
