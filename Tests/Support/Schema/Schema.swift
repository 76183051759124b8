/// One JSON Schema, read from its JSON form.
///
/// Knows the keywords that the protocol's schemas use and a few more, and refuses any other: a keyword that is passed
/// over is a check that does not happen.
final class Schema: Sendable {
    /// `true` accepts everything, `false` nothing.
    let accepts: Bool
    /// The name of a definition in the same document.
    let reference: String?
    let types: [String]?
    let constant: JSONTree?
    let enumeration: [JSONTree]?
    let properties: [(name: String, schema: Schema)]
    let required: [String]
    let additionalProperties: Schema?
    let propertyNames: Schema?
    let items: Schema?
    let anyOf: [Schema]?
    let oneOf: [Schema]?
    let allOf: [Schema]
    let not: Schema?
    let format: SchemaFormat?
    let pattern: String?
    /// Bounds by keyword: `minimum`, `maximum`, `minItems`, `maxItems`, `minLength`, `maxLength`.
    let bounds: [String: Double]

    /// A schema that cannot be used; `path` is where in the document.
    struct Unreadable: Error, CustomStringConvertible {
        let path: String
        let reason: String
        var description: String { "\(path): \(reason)" }
    }

    private static let annotations: Set<String> = [
        "$schema", "$id", "$comment", "title", "description", "default", "examples", "deprecated",
    ]
    private static let definitions: Set<String> = ["definitions", "$defs"]
    private static let assertions: Set<String> = [
        "$ref", "type", "const", "enum", "properties", "required", "additionalProperties", "propertyNames", "items",
        "anyOf", "oneOf", "allOf", "not", "format", "pattern",
    ]
    private static let numericBounds: Set<String> = [
        "minimum", "maximum", "minItems", "maxItems", "minLength", "maxLength",
    ]

    init(_ source: JSONTree, at path: String = "#") throws {
        let reader = try Reader(source, path: path)
        for name in reader.names {
            let known =
                Self.annotations.contains(name) || Self.definitions.contains(name) || Self.assertions.contains(name)
                || Self.numericBounds.contains(name)
            if !known { throw Unreadable(path: path, reason: "the keyword \"\(name)\" is not known here") }
        }
        if case .bool(let accepts) = source { self.accepts = accepts } else { accepts = true }
        reference = try reader.reference()
        types = try reader.types()
        constant = source["const"]
        enumeration = try reader.list("enum")
        properties = try reader.schemasByName("properties") ?? []
        required = try reader.strings("required") ?? []
        additionalProperties = try reader.schema("additionalProperties")
        propertyNames = try reader.schema("propertyNames")
        items = try reader.schema("items")
        anyOf = try reader.schemas("anyOf")
        oneOf = try reader.schemas("oneOf")
        allOf = try reader.schemas("allOf") ?? []
        not = try reader.schema("not")
        format = try reader.format()
        pattern = try reader.string("pattern")
        bounds = try reader.numbers(Self.numericBounds)
    }

    /// The only string a property may have, wherever this schema says so itself or through `allOf`.
    func constantString(ofProperty name: String) -> String? {
        if let own = properties.first(where: { $0.name == name })?.schema.constant?.string { return own }
        for part in allOf {
            if let found = part.constantString(ofProperty: name) { return found }
        }
        return nil
    }

    /// Every reference in this schema, so that a document can be checked for dangling ones.
    var references: [String] {
        let parts =
            properties.map(\.schema) + [additionalProperties, propertyNames, items, not].compactMap(\.self)
            + (anyOf ?? []) + (oneOf ?? []) + allOf
        return [reference].compactMap(\.self) + parts.flatMap(\.references)
    }
}

/// Reads the keywords of one schema, checking the type of each.
private struct Reader {
    let source: JSONTree
    let path: String

    init(_ source: JSONTree, path: String) throws {
        switch source {
        case .object, .bool: break
        default: throw Schema.Unreadable(path: path, reason: "a schema is an object or a boolean")
        }
        self.source = source
        self.path = path
    }

    var names: [String] { source.members?.map(\.name) ?? [] }

    private func unreadable(_ keyword: String, _ expected: String) -> Schema.Unreadable {
        Schema.Unreadable(path: "\(path)/\(keyword)", reason: "should be \(expected)")
    }

    func list(_ keyword: String) throws -> [JSONTree]? {
        guard let value = source[keyword] else { return nil }
        guard let elements = value.elements else { throw unreadable(keyword, "a list") }
        return elements
    }

    func string(_ keyword: String) throws -> String? {
        guard let value = source[keyword] else { return nil }
        guard let string = value.string else { throw unreadable(keyword, "a string") }
        return string
    }

    func strings(_ keyword: String) throws -> [String]? {
        try list(keyword)?.map { element in
            guard let string = element.string else { throw unreadable(keyword, "a list of strings") }
            return string
        }
    }

    func types() throws -> [String]? {
        guard let value = source["type"] else { return nil }
        let types = try value.string.map { [$0] } ?? strings("type") ?? []
        let known: Set = ["null", "boolean", "integer", "number", "string", "array", "object"]
        for type in types where !known.contains(type) { throw unreadable("type", "a JSON type, not \"\(type)\"") }
        return types
    }

    func reference() throws -> String? {
        guard let target = try string("$ref") else { return nil }
        for prefix in ["#/definitions/", "#/$defs/"] where target.hasPrefix(prefix) {
            return String(target.dropFirst(prefix.count))
        }
        throw unreadable("$ref", "a definition of the same document, not \"\(target)\"")
    }

    func format() throws -> SchemaFormat? {
        guard let name = try string("format") else { return nil }
        guard let format = SchemaFormat(rawValue: name) else { throw unreadable("format", "one known here") }
        return format
    }

    func schema(_ keyword: String) throws -> Schema? {
        try source[keyword].map { try Schema($0, at: "\(path)/\(keyword)") }
    }

    func schemas(_ keyword: String) throws -> [Schema]? {
        try list(keyword)?.enumerated().map { try Schema($1, at: "\(path)/\(keyword)/\($0)") }
    }

    func schemasByName(_ keyword: String) throws -> [(name: String, schema: Schema)]? {
        guard let value = source[keyword] else { return nil }
        guard let members = value.members else { throw unreadable(keyword, "an object") }
        return try members.map { ($0.name, try Schema($0.value, at: "\(path)/\(keyword)/\($0.name)")) }
    }

    func numbers(_ keywords: Set<String>) throws -> [String: Double] {
        var numbers: [String: Double] = [:]
        for keyword in keywords {
            guard let value = source[keyword] else { continue }
            guard let number = value.double else { throw unreadable(keyword, "a number") }
            numbers[keyword] = number
        }
        return numbers
    }
}
