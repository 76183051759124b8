import MCPProtocol

/// The forms of the conformance suite.
enum Forms {
    static func user(_ message: String) -> Question {
        .form(
            message,
            properties: [
                "username": ["type": "string", "description": "The user's name."],
                "email": ["type": "string", "format": "email", "description": "The user's address."],
            ], required: ["username", "email"])
    }

    /// A default of each primitive type. From 2025-11-25.
    static let defaults = Question.form(
        "Please check these values.",
        properties: [
            "name": ["type": "string", "description": "A name.", "default": "John Doe"],
            "age": ["type": "integer", "description": "An age.", "default": 30],
            "score": ["type": "number", "description": "A score.", "default": 95.5],
            "status": [
                "type": "string", "description": "A status.", "enum": ["active", "inactive", "pending"],
                "default": "active",
            ],
            "verified": ["type": "boolean", "description": "Whether it is verified.", "default": true],
        ])

    /// The five ways to offer a choice. From 2025-11-25.
    static let choices: Question = {
        let titled: JSONValue = [
            ["const": "value1", "title": "First Option"], ["const": "value2", "title": "Second Option"],
            ["const": "value3", "title": "Third Option"],
        ]
        return .form(
            "Please choose.",
            properties: [
                "untitledSingle": ["type": "string", "enum": ["option1", "option2", "option3"]],
                "titledSingle": ["type": "string", "oneOf": titled],
                "legacyEnum": [
                    "type": "string", "enum": ["opt1", "opt2", "opt3"],
                    "enumNames": ["Option One", "Option Two", "Option Three"],
                ],
                "untitledMulti": [
                    "type": "array", "items": ["type": "string", "enum": ["option1", "option2", "option3"]],
                ],
                "titledMulti": ["type": "array", "items": ["anyOf": titled]],
            ])
    }()

    static func name(_ message: String) -> Question {
        .form(message, properties: ["name": ["type": "string"]], required: ["name"])
    }

    static func confirmation(_ message: String) -> Question {
        .form(message, properties: ["confirm": ["type": "boolean"]], required: ["confirm"])
    }
}
