import MCPProtocol

/// The built-in tool `agent_result_read`: reads on in a result that was too long to be shown whole.
enum ResultReader {
    static let name = "agent_result_read"
    /// In characters.
    static let maxLimit = 30_000
    private static let defaultLimit = 10_000
    private static let maxMatches = 20

    static let definition = ToolDefinition.encode(
        name: name,
        description:
            "Reads more of an earlier tool result that was too long to be shown whole. Give offset and limit in"
            + " characters, or search for a text.",
        parameters: Array(schema.bytes))

    static let schema = RawJSON(
        unchecked: Array(
            #"{"type":"object","properties":{"ref":{"type":"string","description":"the reference named where the result was cut"},"offset":{"type":"integer","description":"characters to skip"},"limit":{"type":"integer","description":"characters to return, at most 30000"},"search":{"type":"string","description":"return the places where this text occurs, instead"}},"required":["ref"]}"#
                .utf8)[...])

    /// - Parameter arguments: checked against ``schema``.
    static func read(_ arguments: RawJSON, from store: ResultStore, owner: String) -> ToolResult {
        let reference = arguments.member("ref")?.stringValue ?? ""
        guard let bytes = store.text(reference, owner: owner) else {
            return ToolResult(
                failure: "there is no result \"\(reference.cut(toBytes: 40))\" any more; call the tool again")
        }
        if let search = arguments.member("search")?.stringValue, !search.isEmpty {
            return ToolResult(text: find(Array(search.utf8), in: bytes))
        }
        let offset = Int(clamping: max(0, arguments.member("offset")?.intValue ?? 0))
        let wanted = Int(clamping: arguments.member("limit")?.intValue ?? Int64(defaultLimit))
        let limit = min(max(1, wanted), maxLimit)
        let total = bytes.count { $0 & 0xC0 != 0x80 }
        guard offset < total else {
            return ToolResult(failure: "offset \(offset) is behind the end; the result has \(total) characters")
        }
        let start = index(ofCharacter: offset, in: bytes, from: 0)
        let end = index(ofCharacter: limit, in: bytes, from: start)
        let last = min(offset + limit, total)
        return ToolResult(
            text: "[characters \(offset) to \(last) of \(total)]\n"
                + String(decoding: bytes[start..<end], as: UTF8.self))
    }

    /// Where the character begins that many characters after `start`; the end if there are not so many.
    private static func index(ofCharacter count: Int, in bytes: [UInt8], from start: Int) -> Int {
        var left = count
        var index = start
        while index < bytes.count {
            if bytes[index] & 0xC0 != 0x80 {
                if left == 0 { return index }
                left -= 1
            }
            index += 1
        }
        return index
    }

    private static func find(_ wanted: [UInt8], in bytes: [UInt8]) -> String {
        let context = 200
        var found: [String] = []
        var index = 0
        var characters = 0
        func lower(_ byte: UInt8) -> UInt8 { 0x41...0x5A ~= byte ? byte | 0x20 : byte }
        let needle = wanted.map(lower)
        while index + needle.count <= bytes.count, found.count < maxMatches {
            let matches =
                lower(bytes[index]) == needle[0]
                && needle.indices.allSatisfy { lower(bytes[index + $0]) == needle[$0] }
            guard matches else {
                if bytes[index] & 0xC0 != 0x80 { characters += 1 }
                index += 1
                continue
            }
            var from = max(0, index - context)
            while from > 0, bytes[from] & 0xC0 == 0x80 { from -= 1 }
            var to = min(bytes.count, index + needle.count + context)
            while to < bytes.count, bytes[to] & 0xC0 == 0x80 { to += 1 }
            found.append("[at character \(characters)]\n" + String(decoding: bytes[from..<to], as: UTF8.self))
            // Not again within what is shown.
            while index < to {
                if bytes[index] & 0xC0 != 0x80 { characters += 1 }
                index += 1
            }
        }
        return found.isEmpty ? "not found" : found.joined(separator: "\n\n")
    }
}
