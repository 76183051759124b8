import AsyncIO
import MCPProtocol

/// The headers that repeat parts of a request: MCP 2026-07-28, Transports, "Standard Headers" and "Custom Headers".
///
/// Whoever routes by them must be able to trust them, so a request that says two things is refused.
enum RequestHeaders {
    /// - Throws: what contradicts the body, for -32020.
    static func check(
        _ headers: HTTPHeaders, against request: JSONRPCRequest, _ members: RequestMembers, _ meta: RequestMeta
    ) throws(JSONRPCError) {
        try expect(MirroredHeaders.version, in: headers, exactly: meta.protocolVersion)
        try expect(MirroredHeaders.method, in: headers, exactly: request.method)
        // What the body lacks is said of the body.
        guard let member = MirroredHeaders.nameMember(of: request.method), let value = members[member]?.stringValue
        else { return }
        let name = MirroredHeaders.name
        guard let header = try single(name, in: headers) else {
            // Clients must repeat the id of a task (SEP-2663, "Routing Headers"), but published ones do not, FastMCP's
            // among them, and nothing here is routed by it.
            if member == .taskID { return }
            throw mismatch("\(name) is missing")
        }
        guard let isSame = HeaderText.isText(header, value) else { throw mismatch("\(name) is not Base64 of UTF-8") }
        guard isSame else {
            let text = HeaderText.decode(Self.text(header)) ?? ""
            throw mismatch("\(name) is \"\(text.prefix(200))\", params.\(member.text) is \"\(value.prefix(200))\"")
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
            guard let text = HeaderText.decode(Self.text(header)) else {
                throw mismatch("\(parameter.header) is not Base64 of UTF-8")
            }
            guard let expected else { throw mismatch("\(parameter.header) is there, \(path) is not") }
            guard parameter.isSame(text, expected) else {
                throw mismatch("\(parameter.header) is not what \(path) is")
            }
        }
    }

    /// The `Mcp-Param-*` headers of a call that its tool does not declare. They mean something to others, so intermediaries
    /// pass them on as they are; one that is none by the rules goes no further. How many there are, and how long, the
    /// limits of a request's head bound.
    ///
    /// - Throws: that one is there more than once, for -32020.
    static func undeclared(
        in headers: HTTPHeaders, beside declared: ParameterHeaders
    ) throws(JSONRPCError) -> [(name: String, value: String)] {
        let fields = headers.fields(namedLike: ParameterHeaders.prefix)
        if fields.isEmpty { return [] }
        let known = Set(declared.parameters.map { $0.header.lowercased() })
        var names: Set<String> = []
        var found: [(name: String, value: String)] = []
        for field in fields where !known.contains(field.name.lowercased()) {
            guard names.insert(field.name.lowercased()).inserted else {
                throw mismatch("\(field.name.prefix(200)) is there more than once")
            }
            let hasName = field.name.utf8.count > ParameterHeaders.prefix.utf8.count
            guard hasName, HeaderText.isValid(field.value) else { continue }
            found.append((field.name, field.value))
        }
        return found
    }

    private static func expect(_ name: String, in headers: HTTPHeaders, exactly value: String) throws(JSONRPCError) {
        guard let header = try single(name, in: headers) else { throw mismatch("\(name) is missing") }
        var value = value
        let isSame = value.withUTF8 { value in
            header.withUnsafeBufferPointer { $0.isSame(as: value) }
        }
        guard isSame else {
            throw mismatch("\(name) is \"\(text(header).prefix(80))\", the body says \"\(value.prefix(80))\"")
        }
    }

    private static func single(_ name: String, in headers: HTTPHeaders) throws(JSONRPCError) -> ArraySlice<UInt8>? {
        let (count, first) = headers.count(of: name)
        guard count <= 1 else { throw mismatch("\(name) is there \(count) times") }
        return first
    }

    private static func text(_ value: ArraySlice<UInt8>) -> String { String(decoding: value, as: UTF8.self) }

    private static func mismatch(_ fact: String) -> JSONRPCError {
        JSONRPCError(code: ErrorCode.headerMismatch, message: "headers and body differ: \(fact)")
    }
}
