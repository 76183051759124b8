import MCPProtocol

/// The forms of answers.
extension ModernService {
    /// How long a result of a list or of a read stays fresh, and for whom.
    struct Caching {
        let milliseconds: Int64
        let isPublic: Bool
    }

    /// A complete result: with `resultType`, who answers, and how long it stays fresh if that can be said of it.
    ///
    /// - Parameter result: an object, as JSON.
    func complete(_ id: RequestID, _ result: [UInt8], _ caching: Caching? = nil) -> OutgoingMessage {
        let result = RawJSON(unchecked: result[...])
        if caching == nil, server.options.resultType == "complete" {
            return OutgoingMessage(result.completeResponse(to: id, serverInfo: encodedIdentity))
        }
        var meta = result.member("_meta").map { JSONValue($0) }?.objectValue ?? [:]
        meta[MetaKey.serverInfo] = identity
        var changes: [(name: String, value: [UInt8]?)] = []
        if let type = server.options.resultType { changes.append(("resultType", JSONWriter.quote(type))) }
        if let caching {
            changes.append(("ttlMs", Array("\(caching.milliseconds)".utf8)))
            changes.append(("cacheScope", JSONWriter.quote(caching.isPublic ? "public" : "private")))
        }
        changes.append(("_meta", JSONValue.object(meta).serialized()))
        return OutgoingMessage(JSONRPC.response(id: id, result: result.replacingMembers(changes)))
    }

    func complete(_ id: RequestID, _ result: JSONValue, _ caching: Caching? = nil) -> OutgoingMessage {
        complete(id, result.serialized(), caching)
    }

    func complete(_ id: RequestID, _ result: ToolResult) -> OutgoingMessage {
        guard result.fillerBytes > 0 else { return complete(id, result.head + result.tail) }
        // One with a filler is a text and nothing else: its members follow these.
        var members: JSONObject = ["_meta": .object([MetaKey.serverInfo: identity])]
        if let type = server.options.resultType { members["resultType"] = .string(type) }
        let opening = JSONValue.object(members).serialized().dropLast()
        return OutgoingMessage(
            head: Array(#"{"jsonrpc":"2.0","id":"#.utf8) + id.encode() + Array(#","result":"#.utf8) + opening
                + Array(",".utf8) + result.head.dropFirst(),
            fillerBytes: result.fillerBytes, tail: result.tail + [UInt8(ascii: "}")])
    }

    /// What a request that failed gets; `nil` when nothing is to be answered.
    ///
    /// - Parameter asked: the questions, if there are any.
    func answer(_ exchange: ModernExchange, _ failure: ToolFailure, asked: RoundTrips?) -> OutgoingMessage? {
        switch failure {
        case .failed(let message): return complete(exchange.id, ToolResult(error: message))
        case .protocolError(let code, let message, let data):
            let error = JSONRPCError(code: Int(code), message: message, data: data)
            var answer = OutgoingMessage(JSONRPC.error(id: exchange.id, error))
            if code == ErrorCode.missingRequiredClientCapability { answer.status = 400 }
            return answer
        case .inputRequired:
            guard let asked else {
                return ModernRefusal.internalError("a question that cannot be asked here").answer(to: exchange.id)
            }
            return result(exchange.id, asked.result, type: "input_required")
        case .cancelled: return nil
        }
    }

    /// A result of a type other than complete.
    func result(_ id: RequestID, _ members: JSONObject, type: String) -> OutgoingMessage {
        var result = members
        result["resultType"] = .string(type)
        result["_meta"] = .object([MetaKey.serverInfo: identity])
        return OutgoingMessage(JSONRPC.response(id: id, result: JSONValue.object(result).serialized()))
    }

    var identity: JSONValue {
        ["name": .string(server.options.name), "version": .string(ServerOptions.version)]
    }

    /// For what changes only with an announcement.
    var listCaching: Caching {
        Caching(milliseconds: server.options.timeToLive, isPublic: server.options.isPublic)
    }
}
