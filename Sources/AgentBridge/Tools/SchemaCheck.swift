import MCPProtocol

/// The part of JSON Schema that catches a model's usual mistakes: `required`, `type`, `enum`, in properties and items.
/// Everything else is the server's to judge.
enum SchemaCheck {
    private static let maxDepth = 16
    private static let maxProblems = 5

    /// - Returns: sentences, at most a few; none if nothing is wrong.
    static func problems(of value: RawJSON, schema: RawJSON) -> [String] {
        var problems: [String] = []
        check(value, schema, path: "", depth: 0, into: &problems)
        return problems
    }

    private static func check(
        _ value: RawJSON, _ schema: RawJSON, path: String, depth: Int, into problems: inout [String]
    ) {
        guard schema.kind == .object, depth < maxDepth, problems.count < maxProblems else { return }
        let name = path.isEmpty ? "the arguments" : "\"\(path)\""
        let (type, choices, required) = schema.members("type", "enum", "required")
        if let type {
            let types = type.stringValue.map { [$0] } ?? type.elements.compactMap(\.stringValue)
            if !types.isEmpty, !types.contains(where: { fits(value, $0) }) {
                problems.append("\(name) must be of type \(types.joined(separator: " or "))")
                return
            }
        }
        if let choices, choices.kind == .array {
            let wanted = JSONValue(value)
            if !choices.elements.contains(where: { JSONValue($0) == wanted }) {
                let shown = choices.elements.prefix(20).map(\.text).joined(separator: ", ")
                problems.append("\(name) must be one of \(shown)")
            }
        }
        switch value.kind {
        case .object:
            let names = required?.elements.compactMap(\.stringValue) ?? []
            for missing in names where value.member(missing) == nil && problems.count < maxProblems {
                problems.append("\"\(path.isEmpty ? missing : path + "." + missing)\" is missing")
            }
            guard let properties = schema.member("properties") else { return }
            for (key, member) in value.members {
                guard let property = properties.member(key) else { continue }
                check(
                    member, property, path: path.isEmpty ? key : path + "." + key, depth: depth + 1, into: &problems)
            }
        case .array:
            guard let items = schema.member("items"), items.kind == .object else { return }
            for (index, element) in value.elements.enumerated() {
                check(element, items, path: "\(path)[\(index)]", depth: depth + 1, into: &problems)
            }
        default: break
        }
    }

    private static func fits(_ value: RawJSON, _ type: String) -> Bool {
        switch type {
        case "object": value.kind == .object
        case "array": value.kind == .array
        case "string": value.kind == .string
        case "boolean": value.kind == .bool
        case "null": value.kind == .null
        case "number": value.kind == .number
        // Numbers beyond 64 bits are none that intValue knows, but whole all the same.
        case "integer": value.kind == .number && (value.intValue != nil || !value.bytes.contains(where: isFraction))
        default: true
        }
    }

    private static func isFraction(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ".") || byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E")
    }
}
