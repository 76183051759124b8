/// The names of tools as a language model may see them, and the way back.
///
/// Models take `A-Za-z0-9_-`, at most 64 of them. Any other character becomes `_`; a name that is too long keeps its
/// beginning and ends with a hash of the whole, and so does one that would otherwise equal another. The mapping depends
/// on the names and their order alone, so the same list gives the same names on every run.
package struct LLMToolNames: Sendable, Equatable {
    package static let maxLength = 64
    private static let keptBeforeHash = 55

    /// In the order of the tools given.
    package let names: [String]
    private let originals: [String: String]

    package init(tools: [String]) {
        var names: [String] = []
        var originals: [String: String] = [:]
        for tool in tools {
            var name = Self.allowed(tool)
            if name.utf8.count > Self.maxLength || name.isEmpty || originals[name] != nil {
                name = Self.hashed(name, of: tool)
            }
            names.append(name)
            // The same tool twice, or a collision of hashes: the first keeps the name.
            if originals[name] == nil { originals[name] = tool }
        }
        self.names = names
        self.originals = originals
    }

    /// The tool behind a name a model used; `nil` if it invented it.
    package func tool(named name: String) -> String? { originals[name] }

    private static func allowed(_ tool: String) -> String {
        String(
            String.UnicodeScalarView(
                tool.unicodeScalars.map { scalar in
                    switch scalar {
                    case "a"..."z", "A"..."Z", "0"..."9", "_", "-": scalar
                    default: "_"
                    }
                }))
    }

    /// Eight hexadecimal digits of an FNV-1a hash, behind the beginning of the name.
    private static func hashed(_ name: String, of tool: String) -> String {
        var value: UInt32 = 0x811C_9DC5
        for byte in tool.utf8 { value = (value ^ UInt32(byte)) &* 0x0100_0193 }
        let digits = String(value, radix: 16)
        return name.prefix(keptBeforeHash) + "_" + String(repeating: "0", count: 8 - digits.count) + digits
    }
}
