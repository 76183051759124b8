import AsyncIO
import MCPProtocol

/// The headers that repeat parts of a request: MCP 2026-07-28, Transports, "Standard Headers" and "Custom Headers".
///
/// Whoever routes by them must be able to trust them, so a request that says two things is refused.
enum RequestHeaders {
    /// - Throws: what contradicts the body, for -32020.
    static func check(_ headers: HTTPHeaders, against request: JSONRPCRequest, _ meta: RequestMeta) throws(JSONRPCError)
    {
        try expect(MirroredHeaders.version, in: headers, exactly: meta.protocolVersion)
        try expect(MirroredHeaders.method, in: headers, exactly: request.method)
        guard let member = MirroredHeaders.nameMember(of: request.method) else { return }
        // What the body lacks is said of the body.
        guard let value = request.params?.member(member)?.stringValue else { return }
        let name = MirroredHeaders.name
        guard let header = try single(name, in: headers) else { throw mismatch("\(name) is missing") }
        guard let text = HeaderText.decode(header) else { throw mismatch("\(name) is not Base64 of UTF-8") }
        guard text.utf8.elementsEqual(value.utf8) else {
            throw mismatch("\(name) is \"\(text.prefix(200))\", params.\(member) is \"\(value.prefix(200))\"")
        }
    }

    /// - Throws: what contradicts the arguments, for -32020.
    static func check(
        _ headers: HTTPHeaders, against arguments: RawJSON?, declared: ParameterHeaders
    ) throws(JSONRPCError) {
        for parameter in declared.parameters {
            let expected = parameter.text(in: arguments)
            let path = "params.arguments.\(parameter.path.joined(separator: "."))"
            guard let header = try single(parameter.header, in: headers) else {
                if expected == nil { continue }
                throw mismatch("\(parameter.header) is missing, \(path) is there")
            }
            guard let text = HeaderText.decode(header) else {
                throw mismatch("\(parameter.header) is not Base64 of UTF-8")
            }
            guard let expected else { throw mismatch("\(parameter.header) is there, \(path) is not") }
            guard parameter.isSame(text, expected) else {
                throw mismatch("\(parameter.header) is not what \(path) is")
            }
        }
    }

    private static func expect(_ name: String, in headers: HTTPHeaders, exactly value: String) throws(JSONRPCError) {
        guard let header = try single(name, in: headers) else { throw mismatch("\(name) is missing") }
        guard header.utf8.elementsEqual(value.utf8) else {
            throw mismatch("\(name) is \"\(header.prefix(80))\", the body says \"\(value.prefix(80))\"")
        }
    }

    private static func single(_ name: String, in headers: HTTPHeaders) throws(JSONRPCError) -> String? {
        let values = headers.all(name)
        guard values.count <= 1 else { throw mismatch("\(name) is there \(values.count) times") }
        return values.first
    }

    private static func mismatch(_ fact: String) -> JSONRPCError {
        JSONRPCError(code: ErrorCode.headerMismatch, message: "headers and body differ: \(fact)")
    }
}
