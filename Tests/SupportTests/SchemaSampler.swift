@testable import TestSupport

/// Makes values that meet a schema, and with a few mistakes when asked to. The same seed makes the same values.
struct SchemaSampler {
    private let document: SchemaDocument
    private var generator: SeededGenerator
    /// How many of a thousand places are made wrong.
    private let mistakesPerThousand: Int

    init(_ document: SchemaDocument, seed: UInt64, mistakesPerThousand: Int) {
        self.document = document
        generator = SeededGenerator(seed: seed)
        self.mistakesPerThousand = mistakesPerThousand
    }

    mutating func sample(_ definition: String) -> JSONTree? {
        document.definitions[definition].map { sample($0, depth: 0) }
    }

    private mutating func chance(_ perThousand: Int) -> Bool {
        Int.random(in: 0..<1000, using: &generator) < perThousand
    }

    private mutating func pick<Element>(_ elements: [Element]) -> Element? { elements.randomElement(using: &generator) }

    private mutating func anything() -> JSONTree {
        pick([
            nil, true, 0, -7, .number("1.5"), .number("2.0"), .number("1e300"), "", "text", "file:///a", "aGk=", "2.0",
            [],
            [1], [:], ["type": "text"], ["a": [nil]],
        ]) ?? nil
    }

    private mutating func sample(_ schema: Schema, depth: Int) -> JSONTree {
        if chance(mistakesPerThousand) { return anything() }
        if let constant = schema.constant { return constant }
        if let enumeration = schema.enumeration { return pick(enumeration) ?? nil }
        var parts: [JSONTree] = []
        if let reference = schema.reference, let target = document.definitions[reference] {
            parts.append(sample(target, depth: depth))
        }
        for forms in [schema.anyOf, schema.oneOf] {
            if let form = forms.flatMap({ pick($0) }) { parts.append(sample(form, depth: depth)) }
        }
        for part in schema.allOf { parts.append(sample(part, depth: depth)) }
        if schema.types != nil || parts.isEmpty { parts.append(own(schema, depth: depth)) }
        // What several parts describe is an object with the members of all.
        var members: [JSONTree.Member] = []
        for part in parts {
            guard let more = part.members else { return part }
            members += more.filter { new in !members.contains { $0.name == new.name } }
        }
        return .object(members)
    }

    private mutating func own(_ schema: Schema, depth: Int) -> JSONTree {
        switch pick(schema.types ?? []) {
        case "object": return object(schema, depth: depth)
        case "array":
            guard let items = schema.items, depth < 8 else { return [] }
            let count = Int.random(in: 0...2, using: &generator)
            return .array((0..<count).map { _ in sample(items, depth: depth + 1) })
        case "string": return string(schema)
        case "integer": return pick([0, 1, -1, .number("3.0"), .number("9007199254740991")]) ?? 0
        case "number": return pick([0, 1, .number("0.25"), .number("-0.5"), .number("1e0")]) ?? 0
        case "boolean": return .bool(chance(500))
        case "null": return nil
        default: return anything()
        }
    }

    private mutating func object(_ schema: Schema, depth: Int) -> JSONTree {
        var members: [JSONTree.Member] = []
        for (name, property) in schema.properties {
            let isRequired = schema.required.contains(name)
            if isRequired ? chance(mistakesPerThousand) : depth > 6 || chance(600) { continue }
            members.append(JSONTree.Member(name, sample(property, depth: depth + 1)))
        }
        if chance(200) {
            let value = schema.additionalProperties.map { sample($0, depth: depth + 1) } ?? anything()
            members.append(JSONTree.Member("extra", value))
        }
        return .object(members)
    }

    private mutating func string(_ schema: Schema) -> JSONTree {
        let good: [JSONTree] =
            switch schema.format {
            case .uri: ["file:///a/b", "https://example.com/?q=1#f", "note://ü"]
            case .uriTemplate: ["note://{id}", "a{?b,c}", ""]
            case .byte: ["", "aGk=", "AAAA", "AA=="]
            case nil: ["", "text", "é😀\"\\\n"]
            }
        let bad: [JSONTree] = ["a b", "/path", "{", "{a{b}}", "}", "AAA", "=AAA", "A===", "AA==AAAA", "ü"]
        return pick(chance(mistakesPerThousand) ? bad : good) ?? ""
    }
}
