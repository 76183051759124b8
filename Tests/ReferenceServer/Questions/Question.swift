import MCPProtocol

/// What the server asks its client.
struct Question: Sendable {
    /// Named as an error names it.
    enum Kind: String, Sendable {
        case sampling
        case samplingWithTools = "sampling with tools"
        case form = "elicitation"
        case url = "elicitation by URL"
        case roots
        case ping
    }

    let kind: Kind
    /// Left out when empty.
    let params: JSONObject
    /// What an answer is found by where questions travel in results; `nil` for one that is made up.
    var key: String?
    /// Whether the result that asks gives the client a state to bring back, where questions travel in results.
    var hasState = true

    var method: String {
        switch kind {
        case .sampling, .samplingWithTools: "sampling/createMessage"
        case .form, .url: "elicitation/create"
        case .roots: "roots/list"
        case .ping: "ping"
        }
    }

    /// Whether a client of this revision may be asked.
    ///
    /// - Parameter capabilities: what the client has declared.
    func isAllowed(by capabilities: RawJSON, in revision: ProtocolRevision) -> Bool {
        Self.isAllowed(kind, by: capabilities, in: revision)
    }

    static func isAllowed(_ kind: Kind, by capabilities: RawJSON, in revision: ProtocolRevision) -> Bool {
        switch kind {
        case .sampling: capabilities.member("sampling") != nil
        case .samplingWithTools: revision.hasSamplingTools && capabilities["sampling", "tools"] != nil
        case .form: revision.hasElicitation && allowsForms(capabilities.member("elicitation"))
        case .url: revision.hasURLElicitation && capabilities["elicitation", "url"] != nil
        case .roots: capabilities.member("roots") != nil
        case .ping: revision.hasPing
        }
    }

    /// An empty object stands for forms (MCP 2025-11-25, Elicitation, "Capabilities").
    private static func allowsForms(_ elicitation: RawJSON?) -> Bool {
        guard let elicitation else { return false }
        return elicitation.member("form") != nil || elicitation.member("url") == nil
    }
}

extension Question.Kind {
    /// What a client has to declare to be asked; `nil` for what no client is asked.
    var capability: JSONValue? {
        switch self {
        case .sampling: ["sampling": [:]]
        case .samplingWithTools: ["sampling": ["tools": [:]]]
        case .form: ["elicitation": ["form": [:]]]
        case .url: ["elicitation": ["url": [:]]]
        case .roots: ["roots": [:]]
        case .ping: nil
        }
    }
}

extension Question {
    /// This question under a key of its own.
    ///
    /// - Parameter hasState: see ``hasState``.
    func keyed(_ key: String, hasState: Bool = true) -> Question {
        var question = self
        question.key = key
        question.hasState = hasState
        return question
    }

    /// What is wrong with an answer; `nil` if it can be used.
    func objection(to answer: RawJSON) -> String? {
        guard answer.kind == .object else { return "must be an object" }
        switch kind {
        case .form, .url:
            guard let action = answer.member("action")?.stringValue, ["accept", "decline", "cancel"].contains(action)
            else { return "must have an action that is accept, decline or cancel" }
            guard kind == .form, action == "accept" else { return nil }
            guard let content = answer.member("content"), content.kind == .object else {
                return "must have a content that is an object"
            }
            let required = params["requestedSchema"]?["required"]?.arrayValue ?? []
            let missing = required.compactMap(\.stringValue).first { content.member($0) == nil }
            return missing.map { "must have content.\($0), which is required" }
        case .sampling, .samplingWithTools:
            return answer.member("role")?.stringValue == nil || answer.member("content") == nil
                ? "must have a role and a content" : nil
        case .roots: return answer.member("roots")?.kind == .array ? nil : "must have an array of roots"
        case .ping: return nil
        }
    }

    static let roots = Question(kind: .roots, params: [:])
    static let ping = Question(kind: .ping, params: [:])

    static func sampling(_ prompt: String, maxTokens: Int64 = 100) -> Question {
        Question(kind: .sampling, params: samplingParams(prompt, maxTokens: maxTokens))
    }

    static func samplingWithTools(_ prompt: String) -> Question {
        var params = samplingParams(prompt, maxTokens: 100)
        params["tools"] = [
            [
                "name": "weather", "description": "Tells the weather of a city.",
                "inputSchema": [
                    "type": "object", "properties": ["city": ["type": "string"]], "required": ["city"],
                ],
            ]
        ]
        params["toolChoice"] = ["mode": "auto"]
        return Question(kind: .samplingWithTools, params: params)
    }

    private static func samplingParams(_ prompt: String, maxTokens: Int64) -> JSONObject {
        [
            "messages": [["role": "user", "content": ContentBlock.text(prompt)]], "maxTokens": JSONValue(maxTokens),
        ]
    }

    /// - Parameter properties: JSON Schemas of primitive values.
    static func form(_ message: String, properties: JSONObject, required: [String] = []) -> Question {
        var schema: JSONObject = ["type": "object", "properties": .object(properties)]
        if !required.isEmpty { schema["required"] = .array(required.map(JSONValue.string)) }
        return Question(kind: .form, params: ["message": .string(message), "requestedSchema": .object(schema)])
    }

    static func url(_ message: String, url: String, id: String) -> Question {
        Question(kind: .url, params: urlParams(message, url: url, id: id))
    }

    static func urlParams(_ message: String, url: String, id: String) -> JSONObject {
        [
            "mode": "url", "message": .string(message), "url": .string(url), "elicitationId": .string(id),
        ]
    }

    /// A question of this method with contents that matter to nobody; `nil` if there is no such question.
    init?(method: String) {
        switch method {
        case "sampling/createMessage": self = .sampling("Say something.")
        case "elicitation/create":
            self = .form("Who are you?", properties: ["name": ["type": "string"]], required: ["name"])
        case "roots/list": self = .roots
        case "ping": self = .ping
        default: return nil
        }
    }

    static let methods = ["sampling/createMessage", "elicitation/create", "roots/list", "ping"]
}
