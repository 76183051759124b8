import MCPProtocol

/// What a server says while it works on a call, as one line.
enum CallNotice {
    /// - Returns: `nil` for what is of no interest to the caller.
    static func line(_ notification: JSONRPCNotification) -> String? {
        guard let params = notification.params else { return nil }
        switch notification.method {
        case "notifications/progress": return progress(params)
        case "notifications/message": return log(params)
        default: return nil
        }
    }

    /// `[3/10] message`, numbers as the server wrote them.
    private static func progress(_ params: RawJSON) -> String? {
        guard let progress = params["progress"], progress.kind == .number else { return nil }
        let total = params["total"].flatMap { $0.kind == .number ? "/\($0.text)" : nil } ?? ""
        let message = params["message"]?.stringValue.map { " " + TerminalText.singleLine($0) } ?? ""
        return "[\(progress.text)\(total)]\(message)"
    }

    /// `warning: logger: text`; data that is no string is shown as JSON.
    private static func log(_ params: RawJSON) -> String? {
        guard let data = params["data"] else { return nil }
        let words = [params["level"]?.stringValue, params["logger"]?.stringValue, data.stringValue ?? data.text]
        return TerminalText.singleLine(words.compactMap { $0 }.joined(separator: ": "))
    }
}
