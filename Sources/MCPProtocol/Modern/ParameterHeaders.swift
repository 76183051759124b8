/// The arguments of a tool that are repeated in `Mcp-Param-*` headers, as its `inputSchema` marks them with
/// `x-mcp-header`: MCP 2026-07-28, Transports, "Custom Headers".
package struct ParameterHeaders: Equatable, Sendable {
    package struct Parameter: Equatable, Sendable {
        /// The header's name behind `Mcp-Param-`, as the schema spells it.
        package let name: String
        /// The names of the properties from the arguments inwards.
        package let path: [String]
        package let type: ValueType

        /// The whole name of the header.
        package var header: String { "Mcp-Param-" + name }
    }

    package enum ValueType: String, Sendable {
        case string, integer, boolean
    }

    package static let none = ParameterHeaders(parameters: [])

    /// In the order of the schema.
    package let parameters: [Parameter]

    private init(parameters: [Parameter]) { self.parameters = parameters }

    package var isEmpty: Bool { parameters.isEmpty }

    private static let mark = "x-mcp-header"
    /// How deep a schema is looked into; a mark below that is a violation, for it cannot be found.
    private static let maxDepth = 64

    /// - Throws: how the schema breaks the rules; its tool must not be used over HTTP then.
    package init(inputSchema schema: RawJSON) throws(MessageError) {
        var parameters: [Parameter] = []
        try Self.visitSchema(schema, path: [], isReachable: true, depth: 0, &parameters)
        var names: Set<String> = []
        for parameter in parameters where !names.insert(parameter.name.lowercased()).inserted {
            throw MessageError(
                path: "inputSchema", fact: "marks two properties with \"\(parameter.name)\"")
        }
        self.parameters = parameters
    }

    /// - Parameter isReachable: the schema is found from the root through `properties` alone.
    private static func visitSchema(
        _ schema: RawJSON, path: [String], isReachable: Bool, depth: Int, _ parameters: inout [Parameter]
    ) throws(MessageError) {
        guard depth <= maxDepth else {
            throw MessageError(path: "inputSchema", fact: "is nested deeper than \(maxDepth) levels")
        }
        switch schema.kind {
        case .array:
            for element in schema.elements {
                try visitSchema(element, path: path, isReachable: false, depth: depth + 1, &parameters)
            }
        case .object:
            for (name, value) in schema.members {
                if name == mark {
                    parameters.append(try parameter(value, of: schema, path: path, isReachable: isReachable))
                } else if name == "properties", isReachable, value.kind == .object {
                    for (property, inner) in value.members {
                        try visitSchema(
                            inner, path: path + [property], isReachable: true, depth: depth + 1, &parameters)
                    }
                } else if !Self.holdsValues(name) {
                    try visitSchema(value, path: path, isReachable: false, depth: depth + 1, &parameters)
                }
            }
        default: break
        }
    }

    /// Keywords whose values are data, not schemas.
    private static func holdsValues(_ keyword: String) -> Bool {
        switch keyword {
        case "const", "enum", "default", "examples": true
        default: false
        }
    }

    private static func parameter(
        _ name: RawJSON, of schema: RawJSON, path: [String], isReachable: Bool
    ) throws(MessageError) -> Parameter {
        let place = "inputSchema" + path.map { ".properties.\($0)" }.joined() + ".\(mark)"
        guard isReachable, !path.isEmpty else {
            throw MessageError(path: place, fact: "stands where no property is reached through \"properties\" alone")
        }
        guard let text = name.stringValue, !text.isEmpty, text.utf8.allSatisfy(isTokenCharacter) else {
            throw MessageError(path: place, fact: "must be an HTTP token (RFC 9110, section 5.6.2)")
        }
        guard let type = schema.member("type")?.stringValue.flatMap(ValueType.init(rawValue:)) else {
            throw MessageError(path: place, fact: "stands at a property whose type is not string, integer or boolean")
        }
        return Parameter(name: text, path: path, type: type)
    }

    private static func isTokenCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}

extension ParameterHeaders.Parameter {
    /// What the arguments say of this parameter: text that a header can repeat.
    ///
    /// - Returns: `nil` where the arguments have none, `null`, or a value of another type, which is the server's to judge.
    package func text(in arguments: RawJSON?) -> String? {
        guard var value = arguments else { return nil }
        for name in path {
            guard let inner = value.member(name) else { return nil }
            value = inner
        }
        switch type {
        case .string: return value.stringValue
        case .boolean: return value.boolValue.map { $0 ? "true" : "false" }
        case .integer:
            guard let number = value.doubleValue, number.rounded() == number, abs(number) <= Self.largestInteger else {
                return nil
            }
            return String(Int64(number))
        }
    }

    /// Integers beyond are not the same for all readers of JSON (RFC 8259, section 6).
    private static let largestInteger = 9_007_199_254_740_991.0

    /// Whether a header's decoded value says the same as the arguments' text: integers as numbers, all else exactly.
    package func isSame(_ header: String, _ text: String) -> Bool {
        guard type == .integer else { return header.utf8.elementsEqual(text.utf8) }
        // Swift reads more than decimal numbers.
        let isDecimal = header.utf8.allSatisfy { "0123456789.+-eE".utf8.contains($0) }
        guard isDecimal, let header = Double(header), let number = Double(text) else { return false }
        return header == number
    }
}

extension ParameterHeaders {
    /// The parameters of a tool that headers repeat.
    ///
    /// - Returns: `nil` where there are none, also because the tool marks them against the rules.
    package init?(ofTool definition: RawJSON) {
        guard let schema = definition.member("inputSchema"), schema.bytes.contains(Self.quotedMark) else { return nil }
        do throws(MessageError) {
            try self.init(inputSchema: schema)
        } catch {
            return nil
        }
        if isEmpty { return nil }
    }

    private static let quotedMark = Array("\"x-mcp-header\"".utf8)
}
