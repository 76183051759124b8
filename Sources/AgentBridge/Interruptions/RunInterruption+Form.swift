import MCPProtocol

/// A question as a DIAL form, whose buttons answer it.
extension RunInterruption {
    /// The member of a form's value that says which button was pressed. A server's own field of that name has precedence.
    private var decision: String {
        let fields = requestedSchema?.member("properties")
        return fields?.member("decision") == nil ? "decision" : "agent_decision"
    }

    /// `custom_content.form_schema`
    var formSchema: RawJSON {
        var properties = JSONObject()
        for (name, property) in requestedSchema?.member("properties")?.members ?? [] {
            properties[name] = JSONValue(property)
        }
        let titles: [(Action, String)] =
            kind == .approval
            ? [(.accept, "Approve"), (.decline, "Decline")]
            : [(.accept, url == nil ? "Send" : "Done"), (.decline, "Decline"), (.cancel, "Cancel")]
        let buttons = titles.map { action, title -> JSONValue in
            ["const": .string(action.rawValue), "title": .string(title), "dial:widgetOptions": ["submit": true]]
        }
        properties[decision] = ["type": "string", "dial:widget": "buttons", "oneOf": .array(buttons)]
        // What is required for an answer is not for a refusal.
        let schema: JSONValue = ["type": "object", "properties": .object(properties)]
        return schema.raw
    }

    /// What a user of the platform reads.
    var text: String {
        switch kind {
        case .approval:
            "\(message)\n\n```json\n\(arguments.map { JSONValue($0).prettyPrinted() } ?? "{}")\n```"
        case .elicitation: url.map { "\(message)\n\n\($0)\n\n\(URLHost.description(of: $0))" } ?? message
        }
    }

    /// The state of an answer that asks: how the platform's next request finds the run again.
    var state: RawJSON {
        let state: JSONValue = ["agent_bridge": ["v": 1, "interruption": .string(id)]]
        return state.raw
    }

    /// The question that an answer with this state asked; `nil` if it asked none.
    static func id(inState state: RawJSON) -> String? { state["agent_bridge", "interruption"]?.stringValue }

    /// - Parameter value: a form's value, an object.
    func answer(form value: RawJSON) throws(RunFailure) -> Answer {
        let fields = value.replacingMembers([(name: decision, value: nil)])
        return try answer(
            action: value.member(decision)?.stringValue, content: RawJSON(unchecked: fields[...]),
            path: "custom_content.form_value")
    }

    /// - Parameter path: of what was given, for the error.
    func answer(action name: String?, content: RawJSON?, path: String) throws(RunFailure) -> Answer {
        guard let action = name.flatMap(Action.init(rawValue:)) else {
            throw .invalidBody("\(path) must say accept, decline or cancel.", param: path)
        }
        guard action == .accept, let requestedSchema else { return Answer(action: action) }
        let content = content ?? .emptyObject
        guard content.kind == .object else {
            throw .invalidBody("\(path): the content must be an object.", param: path)
        }
        let problems = SchemaCheck.problems(of: content, schema: requestedSchema)
        guard problems.isEmpty else {
            throw .invalidBody("\(path) does not fit the form: \(problems.joined(separator: "; ")).", param: path)
        }
        return Answer(action: action, content: content.detached())
    }
}
