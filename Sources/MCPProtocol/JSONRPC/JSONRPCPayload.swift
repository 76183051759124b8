/// What one HTTP body or one line may hold: a message, or a batch of them.
package enum JSONRPCPayload: Sendable {
    case single(JSONRPCMessage)
    /// Never empty. Only 2025-03-26 has batches: see ``ProtocolRevision/allowsBatch``. An entry that is not a message
    /// is a failure of its own and does not spoil the others.
    case batch([Result<JSONRPCMessage, JSONRPCParseError>])

    /// The most messages in a batch, unless said otherwise.
    package static let defaultMaxBatchCount = 1000

    /// Validates a text and reads the messages in it, in one pass over a single message.
    package init(
        parsing text: ArraySlice<UInt8>, limits: JSONLimits = .default, maxBatchCount: Int = defaultMaxBatchCount
    ) throws(JSONRPCParseError) {
        guard let first = text.first(where: { !$0.isJSONWhiteSpace }), first == .openBrace else {
            self = .batch(try Self.batch(text, limits, maxBatchCount))
            return
        }
        let envelope: JSONRPCEnvelope
        do throws(JSONError) {
            guard text.count <= limits.maxBytes else {
                throw JSONError(.tooLarge(limit: limits.maxBytes), offset: limits.maxBytes)
            }
            envelope = try JSONRPCEnvelope(validating: text, limits: limits)
        } catch {
            throw JSONRPCParseError(error)
        }
        self = .single(try JSONRPCMessage(envelope))
    }

    package init(parsing text: [UInt8], limits: JSONLimits = .default) throws(JSONRPCParseError) {
        try self.init(parsing: text[...], limits: limits)
    }

    /// Reads a text that is not an object.
    private static func batch(
        _ text: ArraySlice<UInt8>, _ limits: JSONLimits, _ maxCount: Int
    ) throws(JSONRPCParseError) -> [Result<JSONRPCMessage, JSONRPCParseError>] {
        let array: RawJSON
        do throws(JSONError) {
            array = try RawJSON(validating: text, limits: limits)
        } catch {
            throw JSONRPCParseError(error)
        }
        func refusal(_ fact: String) -> JSONRPCParseError {
            JSONRPCParseError(code: ErrorCode.invalidRequest, message: fact)
        }
        guard array.kind == .array else { throw refusal("a message must be a JSON object") }
        var messages: [Result<JSONRPCMessage, JSONRPCParseError>] = []
        var isTooLong = false
        array.forEachElement { element in
            isTooLong = messages.count >= maxCount
            if isTooLong { return false }
            messages.append(Result { () throws(JSONRPCParseError) in try JSONRPCMessage(element) })
            return true
        }
        if isTooLong { throw refusal("a batch may have at most \(maxCount) messages") }
        guard !messages.isEmpty else { throw refusal("a batch must not be empty") }
        return messages
    }
}
