/// Writes JSON-RPC 2.0 messages: compact, without a newline at the end.
///
/// `params` and `result` are JSON already and are copied as they are, so a message has a newline in it only when they
/// do.
package enum JSONRPC {
    package static func request(id: RequestID, method: String, params: RawJSON? = nil) -> [UInt8] {
        call(id: id, method: method, params: params?.bytes)
    }

    package static func request(id: RequestID, method: String, params: [UInt8]) -> [UInt8] {
        call(id: id, method: method, params: params[...])
    }

    package static func notification(method: String, params: RawJSON? = nil) -> [UInt8] {
        call(id: nil, method: method, params: params?.bytes)
    }

    package static func notification(method: String, params: [UInt8]) -> [UInt8] {
        call(id: nil, method: method, params: params[...])
    }

    package static func response(id: RequestID, result: RawJSON) -> [UInt8] {
        response(id: id, resultBytes: result.bytes)
    }

    package static func response(id: RequestID, result: [UInt8]) -> [UInt8] {
        response(id: id, resultBytes: result[...])
    }

    /// - Parameter omitsMissingID: without an id, leave the member out, as 2026-07-28 has it, instead of writing
    ///   `"id":null`, as JSON-RPC 2.0 and older revisions have it.
    package static func error(id: RequestID?, _ error: JSONRPCError, omitsMissingID: Bool = false) -> [UInt8] {
        let object = error.encode()
        var output: [UInt8] = []
        output.reserveCapacity(object.count + 64)
        append(#"{"jsonrpc":"2.0""#, to: &output)
        if let id {
            append(#","id":"#, to: &output)
            id.append(to: &output)
        } else if !omitsMissingID {
            append(#","id":null"#, to: &output)
        }
        append(#","error":"#, to: &output)
        output.append(contentsOf: object)
        output.append(.closeBrace)
        return output
    }

    /// The messages as one JSON array.
    package static func batch(_ messages: [[UInt8]]) -> [UInt8] {
        var output: [UInt8] = [.openBracket]
        output.reserveCapacity(messages.reduce(2) { $0 + $1.count + 1 })
        for (index, message) in messages.enumerated() {
            if index > 0 { output.append(.comma) }
            output.append(contentsOf: message)
        }
        output.append(.closeBracket)
        return output
    }

    private static func call(id: RequestID?, method: String, params: ArraySlice<UInt8>?) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity((params?.count ?? 0) + method.utf8.count + 80)
        append(#"{"jsonrpc":"2.0","#, to: &output)
        if let id {
            append(#""id":"#, to: &output)
            id.append(to: &output)
            output.append(.comma)
        }
        append(#""method":"#, to: &output)
        JSONWriter.appendQuoted(method, to: &output)
        if let params {
            append(#","params":"#, to: &output)
            output.append(contentsOf: params)
        }
        output.append(.closeBrace)
        return output
    }

    private static func response(id: RequestID, resultBytes: ArraySlice<UInt8>) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(resultBytes.count + 64)
        beginResponse(to: id, &output)
        output.append(contentsOf: resultBytes)
        output.append(.closeBrace)
        return output
    }

    /// Everything before the result; behind it comes a closing brace.
    static func beginResponse(to id: RequestID, _ output: inout [UInt8]) {
        append(#"{"jsonrpc":"2.0","id":"#, to: &output)
        id.append(to: &output)
        append(#","result":"#, to: &output)
    }

    @inline(__always)
    private static func append(_ text: StaticString, to output: inout [UInt8]) {
        text.withUTF8Buffer { output.append(contentsOf: $0) }
    }
}
