import Foundation
import TestSupport

/// An argument that a tool's input schema wants to be repeated in a header.
struct MirroredHeader: Sendable {
    let name: String
    let path: [String]

    /// All of a tool's, from its `inputSchema`.
    static func all(in schema: JSONTree, path: [String] = []) -> [MirroredHeader] {
        (schema["properties"]?.members ?? []).flatMap { property in
            let path = path + [property.name]
            let own = property.value["x-mcp-header"]?.string.map { [MirroredHeader(name: $0, path: path)] } ?? []
            return own + all(in: property.value, path: path)
        }
    }
}

/// The header fields that repeat what a request of 2026-07-28 says (MCP 2026-07-28, Transports, "Standard Headers").
enum ModernHeaders {
    static func fields(for request: JSONTree, mirrored: [MirroredHeader]) -> [(String, String)] {
        let params = request["params"]
        let method = request["method"]?.string ?? ""
        let version = params?["_meta"]?["io.modelcontextprotocol/protocolVersion"]?.string
        var fields = [
            ("Content-Type", "application/json"), ("Accept", "application/json, text/event-stream"),
            ("Mcp-Method", method),
        ]
        if let version { fields.append(("MCP-Protocol-Version", version)) }
        let named: [String: String] = [
            "tools/call": "name", "prompts/get": "name", "resources/read": "uri", "tasks/get": "taskId",
            "tasks/update": "taskId", "tasks/cancel": "taskId",
        ]
        if let name = named[method].flatMap({ params?[$0]?.string }) { fields.append(("Mcp-Name", encoded(name))) }
        for header in mirrored {
            var value = params?["arguments"]
            for name in header.path { value = value?[name] }
            if let text = value.flatMap(text) { fields.append(("Mcp-Param-\(header.name)", encoded(text))) }
        }
        return fields
    }

    private static func text(_ value: JSONTree) -> String? {
        switch value {
        case .string(let string): string
        case .bool(let bool): bool ? "true" : "false"
        case .number: value.int.map(String.init)
        case .null, .array, .object: nil
        }
    }

    /// A text as it stands in a header.
    static func encoded(_ text: String) -> String {
        let bytes = Array(text.utf8)
        let isPlain = bytes.allSatisfy { 0x20...0x7E ~= $0 } && bytes.first != 0x20 && bytes.last != 0x20
        if isPlain, !(text.hasPrefix("=?base64?") && text.hasSuffix("?=")) { return text }
        return "=?base64?\(Data(bytes).base64EncodedString())?="
    }
}
