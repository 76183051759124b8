/// One JSON-RPC 2.0 message.
///
/// Read strictly where two readers could disagree about what a message means (version, repeated members, ids), and
/// leniently where peers are known to be sloppy without harm:
/// - `"params": null` is read as no params;
/// - `"error": null` beside a result, and `"result": null` beside an error, are read as absent (JSON-RPC 1.0 habit);
///   `"result": null` alone, or with `"error": null`, is a result of `null`;
/// - an error response may have `"id": null` or no id at all (2026-07-28 omits it).
/// Unknown members are ignored.
package enum JSONRPCMessage: Equatable, Sendable {
    case request(JSONRPCRequest)
    case notification(JSONRPCNotification)
    case response(JSONRPCResponse)

    /// Reads a message from JSON that has been validated.
    package init(_ raw: RawJSON) throws(JSONRPCParseError) {
        guard raw.kind == .object else {
            throw JSONRPCParseError(code: ErrorCode.invalidRequest, message: "a message must be a JSON object")
        }
        try self.init(JSONRPCEnvelope(raw))
    }

    init(_ envelope: JSONRPCEnvelope) throws(JSONRPCParseError) {
        let rawID = envelope.id
        let id = rawID.flatMap(RequestID.init(_:))
        func refusal(_ fact: String) -> JSONRPCParseError {
            JSONRPCParseError(code: ErrorCode.invalidRequest, message: fact, id: id)
        }

        if let name = envelope.duplicate {
            // Which of two ids is the right one cannot be known, so none is.
            throw JSONRPCParseError(
                code: ErrorCode.invalidRequest, message: "member \"\(name)\" appears more than once",
                id: name.description == "id" ? nil : id)
        }
        guard let version = envelope.version else { throw refusal("member \"jsonrpc\" is missing") }
        guard version.isString("2.0") else { throw refusal("member \"jsonrpc\" must be \"2.0\"") }
        guard let method = envelope.method else {
            self = .response(try Self.response(envelope, id, refusal))
            return
        }
        guard !envelope.hasOutcome else {
            throw refusal("a message has either a method or an outcome, not both")
        }
        guard let method = method.stringValue else { throw refusal("member \"method\" must be a string") }
        var params = envelope.params
        if let given = params {
            switch given.kind {
            case .object, .array: break
            case .null: params = nil
            default: throw refusal("member \"params\" must be an object or an array")
            }
        }
        if rawID == nil {
            self = .notification(JSONRPCNotification(method: method, params: params))
        } else if let id {
            self = .request(JSONRPCRequest(id: id, method: method, params: params))
        } else {
            throw refusal("member \"id\" must be a string or an integer")
        }
    }

    private static func response(
        _ envelope: JSONRPCEnvelope, _ id: RequestID?, _ refusal: (String) -> JSONRPCParseError
    ) throws(JSONRPCParseError) -> JSONRPCResponse {
        var (result, error) = (envelope.result, envelope.error)
        if result != nil, error?.isNull == true { error = nil }
        if error != nil, result?.isNull == true { result = nil }
        switch (result, error) {
        case (nil, nil):
            throw refusal("a message needs a method, a result or an error")
        case (.some, .some):
            throw refusal("a response has either a result or an error, not both")
        case (let result?, nil):
            guard let id else { throw refusal("member \"id\" of a result must be a string or an integer") }
            return JSONRPCResponse(id: id, outcome: .result(result))
        case (nil, let error?):
            guard id != nil || envelope.id == nil || envelope.id?.isNull == true else {
                throw refusal("member \"id\" must be a string or an integer")
            }
            guard let error = JSONRPCError(error) else {
                throw refusal("member \"error\" must be an object with an integer \"code\"")
            }
            return JSONRPCResponse(id: id, outcome: .error(error))
        }
    }
}
