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
        package var header: String { ParameterHeaders.prefix + name }
    }

    package enum ValueType: String, Sendable {
        case string, integer, boolean
    }

    /// What the names of all such headers begin with.
    package static let prefix = "Mcp-Param-"

    package static let none = ParameterHeaders(parameters: [])

    /// In the order of the schema.
    package let parameters: [Parameter]

    private init(parameters: [Parameter]) { self.parameters = parameters }

    package var isEmpty: Bool { parameters.isEmpty }

    private static let mark: StaticString = "x-mcp-header"

    /// - Throws: how the schema breaks the rules; its tool must not be used over HTTP then.
    package init(inputSchema schema: RawJSON) throws(MessageError) {
        var parameters: [Parameter] = []
        if Self.mayHaveMarks(schema) {
            try Self.visit(schema, Place(), &parameters)
        }
        var names: Set<String> = []
        for parameter in parameters where !names.insert(parameter.name.lowercased()).inserted {
            throw MessageError(
                path: "inputSchema", fact: "marks two properties with \"\(parameter.name)\"")
        }
        self.parameters = parameters
    }

    /// Most schemas have no marks, which a look at their bytes tells.
    private static func mayHaveMarks(_ schema: RawJSON) -> Bool {
        schema.bytes.withUnsafeBufferPointer { bytes in
            mark.withUTF8Buffer { mark in
                guard bytes.count >= mark.count else { return false }
                for start in 0...(bytes.count - mark.count) {
                    if bytes[start] == .backslash { return true }
                    if bytes[start] == mark[0], bytes[start..<(start + mark.count)].elementsEqual(mark) { return true }
                }
                return false
            }
        }
    }

    /// Where a schema stands.
    private struct Place {
        var words = "inputSchema"
        /// The properties on the way from the root.
        var path: [String] = []
        /// The way is through `properties` alone.
        var isReachable = true

        func inside(_ keyword: String) -> Place {
            Place(words: "\(words).\(keyword)", path: path, isReachable: false)
        }

        func inside(_ keyword: String, _ name: String) -> Place {
            Place(
                words: "\(words).\(keyword).\(name)", path: path + [name],
                isReachable: isReachable && keyword == "properties")
        }
    }

    /// Visits a schema, or an array of them. One call a level: ``JSONLimits`` bounds them.
    private static func visit(_ schema: RawJSON, _ place: Place, _ parameters: inout [Parameter]) throws(MessageError) {
        for (index, element) in schema.elements.enumerated() {
            try visit(element, place.inside("\(index)"), &parameters)
        }
        var failure: MessageError?
        schema.forEachMember { key, value in
            do throws(MessageError) {
                if key == mark {
                    parameters.append(try parameter(value, of: schema, place))
                    return true
                }
                switch SchemaKeyword(key) {
                case .data: break
                case .schemasByName where value.kind == .object:
                    for (name, inner) in value.members {
                        try visit(inner, place.inside(key.string, name), &parameters)
                    }
                case .schemasByName, .schemas:
                    try visit(value, place.inside(key.string), &parameters)
                }
            } catch {
                failure = error
            }
            return failure == nil
        }
        if let failure { throw failure }
    }

    private static func parameter(
        _ name: RawJSON, of schema: RawJSON, _ owner: Place
    ) throws(MessageError) -> Parameter {
        let place = "\(owner.words).\(mark)"
        guard owner.isReachable, !owner.path.isEmpty else {
            throw MessageError(path: place, fact: "stands where no property is reached through \"properties\" alone")
        }
        guard !schema.hasDuplicate(of: "\(mark)", "type") else {
            throw MessageError(path: place, fact: "or \"type\" beside it, appears more than once")
        }
        guard let text = name.stringValue, !text.isEmpty, text.utf8.allSatisfy(isTokenCharacter) else {
            throw MessageError(path: place, fact: "must be an HTTP token (RFC 9110, section 5.6.2)")
        }
        guard let type = schema.member("type")?.stringValue.flatMap(ValueType.init(rawValue:)) else {
            throw MessageError(path: place, fact: "stands at a property whose type is not string, integer or boolean")
        }
        return Parameter(name: text, path: owner.path, type: type)
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
            guard let number = value.intValue, number.magnitude <= Self.largestInteger else { return nil }
            return String(number)
        }
    }

    /// Integers beyond are not the same for all readers of JSON (RFC 8259, section 6).
    private static let largestInteger: UInt64 = 9_007_199_254_740_991

    /// Whether a header's decoded value says the same as the arguments' text: integers as numbers, all else exactly.
    package func isSame(_ header: String, _ text: String) -> Bool {
        guard type == .integer else { return header.utf8.elementsEqual(text.utf8) }
        guard let number = Self.integer(header) else { return false }
        return number == Self.integer(text)
    }

    /// As JSON writes numbers: `42`, `42.0` and `4.2e1` are one integer, `0x2a` and `+42` are none.
    private static func integer(_ text: String) -> Int64? {
        do throws(JSONError) {
            return try RawJSON(validating: text).intValue
        } catch {
            return nil
        }
    }
}

extension ParameterHeaders {
    /// The parameters of a tool that headers repeat.
    ///
    /// - Returns: `nil` where there are none, also because the tool marks them against the rules.
    package init?(ofTool definition: RawJSON) {
        guard let schema = definition.member("inputSchema") else { return nil }
        do throws(MessageError) {
            try self.init(inputSchema: schema)
        } catch {
            return nil
        }
        if isEmpty { return nil }
    }
}
