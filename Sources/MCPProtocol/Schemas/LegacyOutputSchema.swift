/// A tool's `outputSchema` as clients of the legacy revisions can take it.
///
/// Until 2025-11-25 structured content is an object, and its schema says so at its root; from 2026-07-28 on it is any
/// value (MCP, Tools, "Output Schema"). A schema of something else becomes the schema of an object with that as its only
/// member, and the results of the tool are wrapped the same way.
enum LegacyOutputSchema: Equatable {
    /// What the value is called inside the object.
    static let member = "result"

    /// Its root is an object already.
    case unchanged
    case wrapped(RawJSON)
    /// Neither: what it means when it is wrapped is not certain.
    case unusable

    init(_ schema: RawJSON) {
        guard schema.kind == .object else {
            self = .unusable
            return
        }
        guard schema.member("type")?.isString("object") != true else {
            self = .unchanged
            return
        }
        var pointers = PointersIntoRoot()
        pointers.visit(schema)
        var root = ObjectEditor(schema.applying(pointers.edits), ["$schema"])
        let dialect = root[0]
        guard pointers.areCertain, dialect?.kind ?? .string == .string else {
            self = .unusable
            return
        }
        root.remove(0)
        self = .wrapped(Self.object(holding: root.finish(), dialect: dialect))
    }

    private static func object(holding schema: RawJSON, dialect: RawJSON?) -> RawJSON {
        var writer = JSONWriter(capacity: schema.bytes.count + 160)
        writer.beginObject()
        if let dialect {
            // Only at the root does it speak for the whole schema.
            writer.key("$schema")
            writer.raw(dialect)
        }
        writer.key("type")
        writer.string("object")
        writer.key("properties")
        writer.beginObject()
        writer.key(member)
        writer.raw(schema)
        writer.endObject()
        writer.key("required")
        writer.beginArray()
        writer.string(member)
        writer.endArray()
        writer.endObject()
        return RawJSON(unchecked: writer.finish()[...])
    }
}

/// The references of a schema that are JSON pointers from its root, which is about to move: JSON Schema 2020-12, Core,
/// sections 8.2 and 9.2.
private struct PointersIntoRoot {
    private(set) var edits: [JSONEdit] = []
    /// No keyword was found whose meaning depends on where the root is in another way.
    private(set) var areCertain = true

    private static let root = "#/properties/\(LegacyOutputSchema.member)"

    /// Visits a schema, or an array of them. One call a level: ``JSONLimits`` bounds them.
    mutating func visit(_ schema: RawJSON) {
        for element in schema.elements { visit(element) }
        // A schema with a URI of its own is the root of what is below it.
        if let id = schema.member("$id")?.stringValue, !id.isEmpty, !id.hasPrefix("#") { return }
        for (key, value) in schema.keysAndValues {
            if key == "$ref" || key == "$dynamicRef" {
                guard let reference = value.stringValue, reference == "#" || reference.hasPrefix("#/") else { continue }
                edits.append(JSONEdit(value, JSONWriter.quote(Self.root + reference.dropFirst())))
            } else if key == "$recursiveRef" || key == "$recursiveAnchor" {
                areCertain = false
            } else {
                switch SchemaKeyword(key) {
                case .data: break
                case .schemasByName where value.kind == .object:
                    for (_, inner) in value.keysAndValues { visit(inner) }
                case .schemasByName, .schemas: visit(value)
                }
            }
        }
    }
}

extension RawJSON {
    /// All members in order, their names not decoded.
    fileprivate var keysAndValues: [(MemberKey, RawJSON)] {
        var members: [(MemberKey, RawJSON)] = []
        forEachMember { key, value in
            members.append((key, value))
            return true
        }
        return members
    }
}
