import AsyncIO
import MCPProtocol

/// The headers that repeat what a body of 2026-07-28 says (Transports, "Standard Headers" and "Custom Headers").
struct HeaderRules {
    let headers: HTTPHeaders

    func checkVersion(_ envelope: ModernEnvelope) throws(ModernRefusal) {
        try expect("MCP-Protocol-Version", envelope.version, isEncoded: false)
    }

    func checkMethod(_ request: JSONRPCRequest) throws(ModernRefusal) {
        try expect("Mcp-Method", request.method, isEncoded: false)
    }

    /// Where the body has no name, that is what is wrong, not the header.
    func checkName(_ request: JSONRPCRequest) throws(ModernRefusal) {
        let member: String
        switch request.method {
        case "tools/call", "prompts/get": member = "name"
        case "resources/read": member = "uri"
        case "tasks/get", "tasks/update", "tasks/cancel": member = "taskId"
        default: return
        }
        guard let name = request.params?.member(member)?.stringValue else { return }
        try expect("Mcp-Name", name, isEncoded: true)
    }

    func checkArguments(_ arguments: RawJSON?, of tool: Tool) throws(ModernRefusal) {
        for argument in tool.mirroredArguments {
            let header = try single(argument.header).map { String(decoding: $0, as: UTF8.self) }
            switch (header, argument.value(in: arguments)) {
            case (nil, nil): continue
            case (nil, .some): throw .headerMismatch("header \(argument.header) is missing")
            case (.some, nil):
                throw .headerMismatch("header \(argument.header) is there, but the argument it repeats is not")
            case (let header?, let value?):
                let text = try decoded(header, argument.header)
                guard argument.agrees(text, value) else {
                    throw .headerMismatch("header \(argument.header) is \"\(text)\", the argument \(value.text)")
                }
            }
        }
    }

    private func expect(_ name: String, _ expected: String, isEncoded: Bool) throws(ModernRefusal) {
        guard let header = try single(name) else { throw .headerMismatch("header \(name) is missing") }
        // What needs no decoding, and no text made of it.
        if !isEncoded || header.first != UInt8(ascii: "="), header.elementsEqual(expected.utf8) { return }
        let text = String(decoding: header, as: UTF8.self)
        let value = isEncoded ? try decoded(text, name) : text
        guard value.utf8.elementsEqual(expected.utf8) else {
            throw .headerMismatch("header \(name) is \"\(value)\", but the body says \"\(expected)\"")
        }
    }

    private func single(_ name: String) throws(ModernRefusal) -> ArraySlice<UInt8>? {
        let (count, first) = headers.count(of: name)
        guard count <= 1 else { throw .headerMismatch("header \(name) is there \(count) times") }
        return first
    }

    /// A value is encoded only if it has both marks.
    private func decoded(_ value: String, _ name: String) throws(ModernRefusal) -> String {
        let (prefix, suffix) = ("=?base64?", "?=")
        guard value.hasPrefix(prefix), value.hasSuffix(suffix),
            value.utf8.count >= prefix.utf8.count + suffix.utf8.count
        else { return value }
        let inner = value.utf8.dropFirst(prefix.utf8.count).dropLast(suffix.utf8.count)
        guard let bytes = Base64.decode(inner), let text = String(validating: bytes, as: UTF8.self) else {
            throw .headerMismatch("header \(name) is not the Base64 of a text: \(value)")
        }
        return text
    }
}
