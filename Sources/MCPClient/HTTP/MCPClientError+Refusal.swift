extension MCPClientError {
    /// An HTTP status that is no answer.
    init(refusedWith status: Int, _ body: [UInt8]) {
        if status == 401 || status == 403 {
            self.init(
                .unauthorized, "the server refused our credentials (HTTP status \(status))", mayHaveExecuted: false)
            return
        }
        var detail = "the server answered with HTTP status \(status)"
        if let sample = Self.sample(body) { detail += ": \(sample)" }
        self.init(.unexpectedStatus(status), detail, mayHaveExecuted: !(400..<500).contains(status))
    }

    /// The beginning of a body that is not what it should be, fit for one line.
    static func sample(_ body: [UInt8]) -> String? {
        let text = String(decoding: body.prefix(160), as: UTF8.self)
            .split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return text.isEmpty ? nil : "\"\(text)\(body.count > 160 ? "…" : "")\""
    }
}
