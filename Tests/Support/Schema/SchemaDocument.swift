import Foundation
import Synchronization

/// A JSON Schema document: named definitions, and values checked against them.
package struct SchemaDocument: Sendable {
    let definitions: [String: Schema]

    /// Reads a document.
    ///
    /// - Throws: when it is not JSON, uses a keyword or a format that is not known here, or refers to a definition
    ///   that it does not have. The error names the place.
    package init(parsing bytes: [UInt8]) throws {
        let tree = try JSONTree(parsing: bytes)
        var definitions: [String: Schema] = [:]
        for keyword in ["definitions", "$defs"] {
            for member in tree[keyword]?.members ?? [] {
                definitions[member.name] = try Schema(member.value, at: "#/\(keyword)/\(member.name)")
            }
        }
        for (name, schema) in definitions {
            for reference in schema.references where definitions[reference] == nil {
                throw Schema.Unreadable(path: name, reason: "refers to \"\(reference)\", which is not defined")
            }
        }
        self.definitions = definitions
    }

    /// The names of the documents in `Tests/Support/Schemas`: the protocol's revisions, and `ext-tasks`.
    package static let names = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28", "ext-tasks"]

    /// The official schema of that name; read once per process.
    package static func named(_ name: String) throws -> SchemaDocument {
        try cache.withLock { cache in
            if let known = cache[name] { return known }
            let file = Repository.root.appending(path: "Tests/Support/Schemas/\(name).json")
            let document = try SchemaDocument(parsing: Array(Data(contentsOf: file)))
            cache[name] = document
            return document
        }
    }

    private static let cache = Mutex<[String: SchemaDocument]>([:])

    package var definitionNames: [String] { definitions.keys.sorted() }

    /// What is wrong with a value, each line led by the JSON path; empty when it is what the definition asks for.
    package func problems(in value: JSONTree, as definition: String) -> [String] {
        guard let schema = definitions[definition] else { return ["$: there is no definition \"\(definition)\""] }
        return check(value, schema, "$").map(\.description)
    }

    func check(_ value: JSONTree, _ schema: Schema, _ path: String) -> [SchemaProblem] {
        guard schema.accepts else { return [SchemaProblem(path: path, reason: "nothing may stand here")] }
        var problems: [SchemaProblem] = []
        if let reference = schema.reference, let target = definitions[reference] {
            problems += check(value, target, path)
        }
        if let types = schema.types, !types.contains(where: { value.isOfType($0) }) {
            // Nothing else can be said of a value of the wrong type.
            let expected = types.joined(separator: " or ")
            return problems + [SchemaProblem(path: path, reason: "is \(value.typeName), should be \(expected)")]
        }
        problems += checkConstants(value, schema, path)
        problems += checkCombinations(value, schema, path)
        switch value {
        case .object(let members): problems += checkMembers(members, of: value, schema, path)
        case .array(let elements): problems += checkElements(elements, schema, path)
        case .string(let string): problems += checkString(string, schema, path)
        case .number: problems += checkBounds(value.double ?? .nan, "minimum", "maximum", "is", schema, path)
        case .null, .bool: break
        }
        return problems
    }

    private func checkConstants(_ value: JSONTree, _ schema: Schema, _ path: String) -> [SchemaProblem] {
        if let constant = schema.constant, !value.means(constant) {
            return [
                SchemaProblem(path: path, reason: "is \(value.excerpt), should be \(constant)", isOtherKind: true)
            ]
        }
        if let enumeration = schema.enumeration, !enumeration.contains(where: value.means) {
            let words = enumeration.map(\.description).joined(separator: ", ")
            return [
                SchemaProblem(path: path, reason: "is \(value.excerpt), should be one of \(words)", isOtherKind: true)
            ]
        }
        return []
    }

    private func checkCombinations(_ value: JSONTree, _ schema: Schema, _ path: String) -> [SchemaProblem] {
        var problems = schema.allOf.flatMap { check(value, $0, path) }
        if let forms = schema.anyOf {
            problems += closest(forms.map { check(value, $0, path) }, forms, value, path)
        }
        if let forms = schema.oneOf {
            let outcomes = forms.map { check(value, $0, path) }
            let matches = outcomes.count(where: \.isEmpty)
            if matches > 1 { problems.append(SchemaProblem(path: path, reason: "is \(matches) kinds at once")) }
            problems += closest(outcomes, forms, value, path)
        }
        if let not = schema.not, check(value, not, path).isEmpty {
            problems.append(SchemaProblem(path: path, reason: "is what it must not be: \(value.excerpt)"))
        }
        return problems
    }

    /// The problems of the form that the value seems to be meant as; none when it is any of them.
    private func closest(
        _ outcomes: [[SchemaProblem]], _ forms: [Schema], _ value: JSONTree, _ path: String
    ) -> [SchemaProblem] {
        if outcomes.contains(where: \.isEmpty) { return [] }
        func distance(_ problems: [SchemaProblem]) -> (Int, Int) {
            // A wrong kind right here outweighs any number of mistakes within the right kind.
            (
                problems.count { $0.isOtherKind && $0.path.dropFirst(path.count).count { ".[".contains($0) } <= 1 },
                problems.count
            )
        }
        let best = outcomes.indices.min { distance(outcomes[$0]) < distance(outcomes[$1]) }
        guard let best else { return [SchemaProblem(path: path, reason: "nothing may stand here")] }
        if distance(outcomes[best]).0 == 0 {
            guard let name = forms[best].reference else { return outcomes[best] }
            return outcomes[best].map {
                SchemaProblem(path: $0.path, reason: "\($0.reason) (as \(name))", isOtherKind: $0.isOtherKind)
            }
        }
        let names = forms.compactMap(\.reference).joined(separator: ", ")
        let kinds = names.isEmpty ? "the \(forms.count) forms allowed" : names
        return [SchemaProblem(path: path, reason: "is none of \(kinds): \(value.excerpt)", isOtherKind: true)]
    }

    private func checkMembers(
        _ members: [JSONTree.Member], of object: JSONTree, _ schema: Schema, _ path: String
    ) -> [SchemaProblem] {
        var problems = schema.required.filter { object[$0] == nil }.map {
            SchemaProblem(path: "\(path).\($0)", reason: "is missing")
        }
        for member in members {
            let place = "\(path).\(member.name)"
            if let names = schema.propertyNames { problems += check(.string(member.name), names, place) }
            if let known = schema.properties.first(where: { $0.name == member.name }) {
                problems += check(member.value, known.schema, place)
            } else if let additional = schema.additionalProperties {
                problems += check(member.value, additional, place)
            }
        }
        return problems
    }

    private func checkElements(_ elements: [JSONTree], _ schema: Schema, _ path: String) -> [SchemaProblem] {
        var problems = checkBounds(
            Double(elements.count), "minItems", "maxItems", "the number of elements is", schema, path)
        if let items = schema.items {
            for (index, element) in elements.enumerated() { problems += check(element, items, "\(path)[\(index)]") }
        }
        return problems
    }

    private func checkString(_ string: String, _ schema: Schema, _ path: String) -> [SchemaProblem] {
        var problems = checkBounds(
            Double(string.unicodeScalars.count), "minLength", "maxLength", "the length is", schema, path)
        if let format = schema.format, !format.accepts(string) {
            let excerpt = JSONTree.string(string).excerpt
            problems.append(SchemaProblem(path: path, reason: "is not of format \(format.rawValue): \(excerpt)"))
        }
        if let pattern = schema.pattern {
            // Compiled where it is used: a Regex is not Sendable, and no official schema has one.
            guard let regex = try? Regex(pattern) else {
                return problems + [SchemaProblem(path: path, reason: "the schema's pattern cannot be read: \(pattern)")]
            }
            if string.firstMatch(of: regex) == nil {
                problems.append(SchemaProblem(path: path, reason: "does not match the pattern \(pattern)"))
            }
        }
        return problems
    }

    private func checkBounds(
        _ number: Double, _ low: String, _ high: String, _ what: String, _ schema: Schema, _ path: String
    ) -> [SchemaProblem] {
        if let bound = schema.bounds[low], number < bound {
            return [SchemaProblem(path: path, reason: "\(what) \(number), less than \(bound)")]
        }
        if let bound = schema.bounds[high], number > bound {
            return [SchemaProblem(path: path, reason: "\(what) \(number), more than \(bound)")]
        }
        return []
    }
}

extension JSONTree {
    fileprivate func isOfType(_ type: String) -> Bool {
        typeName == type || (type == "number" && typeName == "integer")
    }

    /// Enough of the value to recognise it.
    fileprivate var excerpt: String {
        let text = description
        return text.count > 120 ? text.prefix(120) + "…" : text
    }
}
