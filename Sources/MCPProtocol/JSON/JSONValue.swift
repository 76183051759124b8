/// A JSON value as a tree: for small things, fixed messages and tests. Messages in transit stay ``RawJSON``.
package enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    /// The number as written: `1`, `1.0` and `1e0` are different trees.
    case number(String)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)

    package init(parsing text: ArraySlice<UInt8>, limits: JSONLimits = .default) throws(JSONError) {
        self.init(try RawJSON(validating: text, limits: limits))
    }

    package init(parsing text: [UInt8], limits: JSONLimits = .default) throws(JSONError) {
        try self.init(parsing: text[...], limits: limits)
    }

    package init(parsing text: String, limits: JSONLimits = .default) throws(JSONError) {
        try self.init(parsing: Array(text.utf8)[...], limits: limits)
    }

    /// Repeated member names all stay; a look-up finds the last one.
    package init(_ raw: RawJSON) {
        switch raw.kind {
        case .null: self = .null
        case .bool: self = .bool(raw.boolValue ?? false)
        case .number: self = .number(raw.text)
        case .string: self = .string(raw.stringValue ?? "")
        case .array: self = .array(raw.elements.map(JSONValue.init(_:)))
        case .object:
            self = .object(JSONObject(members: raw.members.map { .init(name: $0.name, value: JSONValue($0.value)) }))
        }
    }

    package init(_ value: some BinaryInteger) { self = .number(String(value)) }

    /// Compact JSON.
    package func serialized() -> [UInt8] {
        var writer = JSONWriter()
        writer.value(self)
        return writer.finish()
    }

    /// The value as `RawJSON`, through its compact form.
    package var raw: RawJSON { RawJSON(unchecked: serialized()[...]) }

    /// The same value with the members of all objects in one order, by the bytes of their names: for signatures of what
    /// others store and write anew.
    package var canonical: JSONValue {
        switch self {
        case .object(let object):
            let sorted = object.members.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
            return .object(JSONObject(members: sorted.map { .init(name: $0.name, value: $0.value.canonical) }))
        case .array(let elements): return .array(elements.map(\.canonical))
        default: return self
        }
    }

    /// JSON with one member or element a line, indented by two spaces.
    package func prettyPrinted() -> String {
        var output = ""
        prettyPrint(to: &output, indent: "")
        return output
    }

    private func prettyPrint(to output: inout String, indent: String) {
        let inner = indent + "  "
        switch self {
        case .array(let elements) where !elements.isEmpty:
            for (index, element) in elements.enumerated() {
                output += (index == 0 ? "[\n" : ",\n") + inner
                element.prettyPrint(to: &output, indent: inner)
            }
            output += "\n" + indent + "]"
        case .object(let object) where !object.members.isEmpty:
            for (index, member) in object.members.enumerated() {
                output += (index == 0 ? "{\n" : ",\n") + inner
                output += String(decoding: JSONWriter.quote(member.name), as: UTF8.self) + ": "
                member.value.prettyPrint(to: &output, indent: inner)
            }
            output += "\n" + indent + "}"
        default:
            output += String(decoding: serialized(), as: UTF8.self)
        }
    }
}

/// Access by name, index and type; `nil` where there is no such thing.
extension JSONValue {
    /// The last member called `name`. Assigning replaces or appends it, `nil` removes it; on a value that is not an
    /// object, assigning does nothing.
    package subscript(name: String) -> JSONValue? {
        get { objectValue?[name] }
        set {
            guard case .object(var object) = self else { return }
            object[name] = newValue
            self = .object(object)
        }
    }

    package subscript(index: Int) -> JSONValue? {
        guard let elements = arrayValue, elements.indices.contains(index) else { return nil }
        return elements[index]
    }

    package var stringValue: String? { if case .string(let value) = self { value } else { nil } }
    package var boolValue: Bool? { if case .bool(let value) = self { value } else { nil } }
    package var arrayValue: [JSONValue]? { if case .array(let value) = self { value } else { nil } }
    package var objectValue: JSONObject? { if case .object(let value) = self { value } else { nil } }
    package var isNull: Bool { self == .null }

    /// As ``RawJSON/intValue``.
    package var intValue: Int64? {
        guard case .number(let text) = self else { return nil }
        return RawJSON(unchecked: Array(text.utf8)[...]).intValue
    }

    /// As ``RawJSON/doubleValue``.
    package var doubleValue: Double? {
        guard case .number(let text) = self else { return nil }
        return RawJSON(unchecked: Array(text.utf8)[...]).doubleValue
    }
}

extension JSONValue: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByStringInterpolation, ExpressibleByArrayLiteral,
    ExpressibleByDictionaryLiteral
{
    package init(nilLiteral: ()) { self = .null }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(integerLiteral value: Int64) { self = .number(String(value)) }
    package init(floatLiteral value: Double) { self = .number(value.description) }
    package init(stringLiteral value: String) { self = .string(value) }
    package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        self = .object(JSONObject(members: elements.map { .init(name: $0.0, value: $0.1) }))
    }
}

extension JSONValue: CustomStringConvertible {
    package var description: String { String(decoding: serialized(), as: UTF8.self) }
}

extension JSONWriter {
    package mutating func value(_ value: JSONValue) {
        switch value {
        case .null: null()
        case .bool(let value): bool(value)
        case .number(let text): raw(Array(text.utf8))
        case .string(let text): string(text)
        case .array(let elements):
            beginArray()
            for element in elements { self.value(element) }
            endArray()
        case .object(let object):
            beginObject()
            for member in object.members {
                key(member.name)
                self.value(member.value)
            }
            endObject()
        }
    }
}
