/// The `error` member of a response.
package struct JSONRPCError: Error, Equatable, Sendable {
    /// See ``ErrorCode``.
    package var code: Int
    package var message: String
    package var data: RawJSON?

    package init(code: Int, message: String, data: RawJSON? = nil) {
        self.code = code
        self.message = message
        self.data = data
    }

    /// Reads an error object. Its `code` must be an integer; a missing `message`, against the specification but
    /// harmless, is read as an empty one.
    ///
    /// - Returns: `nil` if it is not an object with a code.
    package init?(_ value: RawJSON) {
        let (code, message, data) = value.members("code", "message", "data")
        guard let code = code?.intValue else { return nil }
        self.init(code: Int(code), message: message?.stringValue ?? "", data: data)
    }

    /// The error object as JSON.
    package func encode() -> [UInt8] {
        var writer = JSONWriter(capacity: 48 + message.utf8.count + (data?.bytes.count ?? 0))
        writer.beginObject()
        writer.key("code")
        writer.integer(code)
        writer.key("message")
        writer.string(message)
        if let data {
            writer.key("data")
            writer.raw(data)
        }
        writer.endObject()
        return writer.finish()
    }
}
