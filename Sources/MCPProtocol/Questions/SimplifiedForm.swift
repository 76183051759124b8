/// A form of 2025-11-25 as a client of 2025-06-18 can show it: MCP 2025-11-25, Elicitation, "Requested Schema".
///
/// A choice among titled options becomes `enum` with `enumNames`; a choice of several options becomes one yes-or-no
/// question per option, named `field::value`. Every other byte of the form stays.
struct SimplifiedForm {
    /// The most yes-or-no questions made for one form: nobody answers more.
    static let maxOptions = 256

    let schema: RawJSON
    let answer: AnswerConversion

    /// - Parameter path: of the schema, for errors.
    /// - Throws: for properties that 2025-11-25 does not have either, and for more options than ``maxOptions``.
    init(_ schema: RawJSON, path: String) throws(MessageError) {
        guard let properties = schema.member("properties"), properties.kind == .object else {
            self.schema = schema
            answer = .unchanged
            return
        }
        let fields = Self.fields(of: properties)
        var takenNames = Set(fields.map(\.name))
        guard takenNames.count == fields.count else {
            throw MessageError(path: "\(path).properties", fact: "has a property more than once")
        }
        let required = schema.member("required")?.elements ?? []
        let requiredNames = Set(required.compactMap(\.stringValue))
        var edits: [JSONEdit] = []
        var choices: [AnswerConversion.Choices] = []
        var optionCount = 0
        for (name, place, property) in fields {
            let path = "\(path).properties.\(name)"
            if property.member("type")?.isString("array") ?? false {
                let field = try MultipleChoice(name, property, path: path)
                optionCount += field.options.count
                guard optionCount <= Self.maxOptions else {
                    throw MessageError(path: path, fact: "makes more than \(Self.maxOptions) options in one form")
                }
                let names = field.options.map { Self.name(of: $0, in: name, &takenNames) }
                edits.append(JSONEdit(place, field.questions(named: names)))
                choices.append(field.choices(named: names, isRequired: requiredNames.contains(name)))
            } else if let options = property.member("oneOf"), options.kind == .array {
                edits.append(JSONEdit(property, try Self.titledEnum(property, options, path: path)))
            }
        }
        if edits.isEmpty {
            self.schema = schema
        } else {
            if let list = schema.member("required"), list.kind == .array,
                !requiredNames.isDisjoint(with: choices.map(\.field))
            {
                let isMultiple = Set(choices.map(\.field))
                let remaining = required.filter { $0.stringValue.map { !isMultiple.contains($0) } ?? true }
                edits.append(JSONEdit(list, JSONWriter.array(remaining)))
            }
            self.schema = schema.applying(edits)
        }
        answer = AnswerConversion(choices: choices)
    }

    /// A name for the yes-or-no question about `option` that no other property has.
    private static func name(of option: ChoiceOption, in field: String, _ taken: inout Set<String>) -> String {
        var name = "\(field)::\(option.value.stringValue ?? "")"
        while !taken.insert(name).inserted { name += ":" }
        return name
    }

    /// The members of `properties`; each with where it stands, from its name's quote to the end of its value.
    private static func fields(of properties: RawJSON) -> [(name: String, place: Range<Int>, property: RawJSON)] {
        var fields: [(name: String, place: Range<Int>, property: RawJSON)] = []
        properties.forEachMember { key, value in
            fields.append((key.string, (key.rawBytes.startIndex - 1)..<value.bytes.endIndex, value))
            return true
        }
        return fields
    }

    private static func titledEnum(_ property: RawJSON, _ options: RawJSON, path: String) throws(MessageError)
        -> [UInt8]
    {
        let options = try ChoiceOption.titled(options, path: "\(path).oneOf")
        return property.replacingMembers([
            ("oneOf", nil), ("enum", JSONWriter.array(options.map(\.value))),
            ("enumNames", JSONWriter.array(options.map(\.title))),
        ])
    }
}

/// One option of a choice.
struct ChoiceOption {
    /// A JSON string, as written.
    let value: RawJSON
    /// A JSON string, as written: what people see.
    let title: RawJSON

    /// `oneOf` and `anyOf`: `[{"const": value, "title": …}]`. An option without a title shows its value.
    static func titled(_ list: RawJSON, path: String) throws(MessageError) -> [ChoiceOption] {
        var options: [ChoiceOption] = []
        for (index, element) in list.elements.enumerated() {
            let (value, title) = element.members("const", "title")
            guard let value, value.kind == .string else {
                throw MessageError(path: "\(path)[\(index)].const", fact: "must be a string")
            }
            options.append(ChoiceOption(value: value, title: title?.kind == .string ? title ?? value : value))
        }
        return options
    }

    /// `enum`: `[value]`.
    static func untitled(_ list: RawJSON, path: String) throws(MessageError) -> [ChoiceOption] {
        var options: [ChoiceOption] = []
        for (index, value) in list.elements.enumerated() {
            guard value.kind == .string else {
                throw MessageError(path: "\(path)[\(index)]", fact: "must be a string")
            }
            options.append(ChoiceOption(value: value, title: value))
        }
        return options
    }
}

/// A property whose value is several options.
private struct MultipleChoice {
    let name: String
    let property: RawJSON
    let options: [ChoiceOption]

    init(_ name: String, _ property: RawJSON, path: String) throws(MessageError) {
        self.name = name
        self.property = property
        let (plain, titled) = property.member("items")?.members("enum", "anyOf") ?? (nil, nil)
        let all: [ChoiceOption]
        if let plain, plain.kind == .array {
            all = try ChoiceOption.untitled(plain, path: "\(path).items.enum")
        } else if let titled, titled.kind == .array {
            all = try ChoiceOption.titled(titled, path: "\(path).items.anyOf")
        } else {
            throw MessageError(path: "\(path).items", fact: "must have \"enum\" or \"anyOf\"")
        }
        guard !all.isEmpty else { throw MessageError(path: "\(path).items", fact: "has no options") }
        var seen: Set<String> = []
        options = all.filter { seen.insert($0.value.stringValue ?? "").inserted }
    }

    /// One yes-or-no question per option: members of `properties`, separated by commas.
    func questions(named names: [String]) -> [UInt8] {
        let (title, description, preselected) = property.members("title", "description", "default")
        let heading = title?.stringValue ?? name
        let chosen = Set((preselected?.elements ?? []).compactMap(\.stringValue))
        var output: [UInt8] = []
        for (questionName, option) in zip(names, options) {
            if !output.isEmpty { output.append(.comma) }
            JSONWriter.appendQuoted(questionName, to: &output)
            output.append(.colon)
            var writer = JSONWriter()
            writer.beginObject()
            writer.key("type")
            writer.string("boolean")
            writer.key("title")
            writer.string("\(heading): \(option.title.stringValue ?? "")")
            if let description, description.kind == .string {
                writer.key("description")
                writer.raw(description)
            }
            if let value = option.value.stringValue, chosen.contains(value) {
                writer.key("default")
                writer.bool(true)
            }
            writer.endObject()
            output.append(contentsOf: writer.finish())
        }
        return output
    }

    func choices(named names: [String], isRequired: Bool) -> AnswerConversion.Choices {
        AnswerConversion.Choices(
            field: name, isRequired: isRequired,
            options: zip(names, options).map { .init(name: $0, value: $1.value.detached()) },
            minItems: property.member("minItems")?.intValue, maxItems: property.member("maxItems")?.intValue)
    }
}

extension JSONWriter {
    /// An array of values that are JSON already.
    static func array(_ elements: [RawJSON]) -> [UInt8] {
        var writer = JSONWriter(capacity: elements.reduce(2) { $0 + $1.bytes.count + 1 })
        writer.beginArray()
        for element in elements { writer.raw(element) }
        writer.endArray()
        return writer.finish()
    }
}
