import MCPProtocol

/// One field of a form that a server asks a person to fill in (MCP 2025-11-25, Elicitation, "Requested Schema").
enum FormField {
    struct Problem: Error, Equatable {
        let reason: String
    }

    static func prompt(_ name: String, _ property: RawJSON, isRequired: Bool) -> String {
        var text = Terminal.line(property.member("title")?.stringValue ?? name)
        if let description = property.member("description")?.stringValue { text += " (\(Terminal.line(description)))" }
        let choices = choices(property)
        if !choices.isEmpty {
            text += " {\(choices.map { Terminal.line($0) }.joined(separator: ", "))}"
        } else if property.member("type")?.stringValue == "boolean" {
            text += " {yes, no}"
        }
        if let standard = property.member("default") {
            text += " [\(Terminal.line(standard.stringValue ?? standard.text))]"
        } else if !isRequired {
            text += " [nothing]"
        }
        return text + ": "
    }

    /// What a line stands for; `nil`: the field is left out.
    static func value(_ line: String, _ property: RawJSON, isRequired: Bool) throws(Problem) -> JSONValue? {
        if line.isEmpty {
            if let standard = property.member("default") { return JSONValue(standard) }
            if isRequired { throw Problem(reason: "this is needed") }
            return nil
        }
        switch property.member("type")?.stringValue {
        case "boolean":
            switch line.lowercased() {
            case "y", "yes", "true": return true
            case "n", "no", "false": return false
            default: throw Problem(reason: "yes or no")
            }
        case "integer", "number": return try number(line, property)
        case "array":
            let items = property.member("items") ?? .emptyObject
            let known = choices(items)
            let chosen = line.split(separator: ",").map { $0.trimmed }
            if !known.isEmpty, let wrong = chosen.first(where: { !known.contains($0) }) {
                throw Problem(reason: "\(wrong) is none of \(known.joined(separator: ", "))")
            }
            return .array(chosen.map { .string($0) })
        default: return .string(try text(line, property))
        }
    }

    private static func number(_ line: String, _ property: RawJSON) throws(Problem) -> JSONValue {
        let value: RawJSON
        do throws(JSONError) {
            value = try RawJSON(validating: line)
        } catch {
            throw Problem(reason: "a number is needed")
        }
        guard value.kind == .number, let number = value.doubleValue,
            property.member("type")?.stringValue == "number" || value.intValue != nil
        else { throw Problem(reason: "a number is needed") }
        if let least = property.member("minimum"), let limit = least.doubleValue, number < limit {
            throw Problem(reason: "at least \(least.text)")
        }
        if let most = property.member("maximum"), let limit = most.doubleValue, number > limit {
            throw Problem(reason: "at most \(most.text)")
        }
        return JSONValue(value)
    }

    private static func text(_ line: String, _ property: RawJSON) throws(Problem) -> String {
        let known = choices(property)
        if !known.isEmpty {
            guard known.contains(line) else { throw Problem(reason: "one of \(known.joined(separator: ", "))") }
            return line
        }
        if let least = property.member("minLength")?.intValue, line.unicodeScalars.count < least {
            throw Problem(reason: "at least \(least) characters")
        }
        if let most = property.member("maxLength")?.intValue, line.unicodeScalars.count > most {
            throw Problem(reason: "at most \(most) characters")
        }
        switch property.member("format")?.stringValue {
        case "email":
            let parts = line.split(separator: "@", omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty, parts[1].contains(".") else {
                throw Problem(reason: "an e-mail address")
            }
        case "uri":
            guard line.contains(":") else { throw Problem(reason: "a URI such as https://example.com") }
        case "date":
            let parts = line.split(separator: "-").map { Int($0) }
            guard parts.count == 3, line.utf8.count == 10, parts.allSatisfy({ $0 != nil }) else {
                throw Problem(reason: "a date such as 2026-11-25")
            }
        case "date-time":
            guard line.contains("T"), line.utf8.count >= 19 else {
                throw Problem(reason: "a time such as 2026-11-25T12:00:00Z")
            }
        default: break
        }
        return line
    }

    /// `enum`, or the constants of `oneOf` or `anyOf`.
    private static func choices(_ property: RawJSON) -> [String] {
        if let list = property.member("enum") { return list.elements.compactMap(\.stringValue) }
        let titled = property.member("oneOf") ?? property.member("anyOf")
        return titled?.elements.compactMap { $0.member("const")?.stringValue } ?? []
    }
}

extension Substring {
    fileprivate var trimmed: String {
        var rest = drop { $0 == " " }
        while rest.last == " " { rest = rest.dropLast() }
        return String(rest)
    }
}
