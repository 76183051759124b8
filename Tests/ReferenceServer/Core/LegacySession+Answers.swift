import MCPProtocol

/// The forms of answers.
extension LegacySession {
    static func response(_ id: RequestID, _ result: RawJSON) -> OutgoingMessage {
        OutgoingMessage(JSONRPC.response(id: id, result: result))
    }

    static func response(_ id: RequestID, _ result: JSONValue) -> OutgoingMessage {
        OutgoingMessage(JSONRPC.response(id: id, result: result.serialized()))
    }

    static func response(_ id: RequestID, _ result: ToolResult) -> OutgoingMessage {
        guard result.fillerBytes > 0 else {
            return OutgoingMessage(JSONRPC.response(id: id, result: result.head + result.tail))
        }
        return OutgoingMessage(
            head: Array(#"{"jsonrpc":"2.0","id":"#.utf8) + id.encode() + Array(#","result":"#.utf8) + result.head,
            fillerBytes: result.fillerBytes, tail: result.tail + [UInt8(ascii: "}")])
    }

    static func error(_ id: RequestID?, _ code: Int, _ message: String, data: JSONValue? = nil) -> OutgoingMessage {
        OutgoingMessage(
            JSONRPC.error(id: id, JSONRPCError(code: code, message: message, data: data?.raw)))
    }

    static func error(_ error: JSONRPCParseError) -> OutgoingMessage {
        OutgoingMessage(JSONRPC.error(id: error.id, error.rpcError))
    }

    /// `nil` when nothing is to be answered.
    static func error(_ id: RequestID, _ failure: ToolFailure) -> OutgoingMessage? {
        switch failure {
        case .failed(let message): response(id, ToolResult(error: message))
        case .protocolError(let code, let message, let data):
            OutgoingMessage(JSONRPC.error(id: id, JSONRPCError(code: Int(code), message: message, data: data)))
        case .inputRequired: error(id, ErrorCode.internalError, "a question without a client to ask")
        case .cancelled: nil
        }
    }

    /// The message, which is about to be sent, after it has been recorded.
    func recorded(_ message: OutgoingMessage) -> OutgoingMessage {
        if let recorder = server.recorder {
            let filler = repeatElement(OutgoingMessage.filler, count: message.fillerBytes)
            recorder.record(
                message.head + filler + message.tail, from: .server, session: label, transport: transport,
                revision: revision)
        }
        return message
    }
}

/// Answers that are wrong, as the options ask.
extension LegacySession {
    /// Sends what nobody asked for. The handshake is spared: nothing would come after it.
    func disturb(before answer: OutgoingMessage, to method: String, _ sink: any MessageSink) async {
        guard sink.carriesMessages, method != InitializeRequest.method else { return }
        func send(_ message: [UInt8]) async { await sink.send(recorded(OutgoingMessage(message)).head) }
        let options = server.options
        if options.sendsUnknownResponses {
            await send(JSONRPC.response(id: .string("nobody-asked"), result: .emptyObject))
        }
        if options.sendsUnknownProgress {
            let params: JSONValue = ["progressToken": "nobody-gave-this", "progress": 1]
            await send(JSONRPC.notification(method: "notifications/progress", params: params.serialized()))
        }
        // A filler is not worth being sent twice.
        if options.answersTooMuch, method == "tools/call", answer.fillerBytes == 0 {
            await send(answer.head + answer.tail)
        }
    }

    static func unwantedAnswer(_ id: RequestID) -> OutgoingMessage {
        response(id, ToolResult(text: "answered although it was cancelled"))
    }

    /// The id as a string.
    static func echoedID(_ id: RequestID) -> RequestID {
        switch id {
        case .integer(let number): .string(String(number))
        case .largeInteger(let digits): .string(digits)
        case .string: id
        }
    }
}
