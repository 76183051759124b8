import MCPProtocol

/// A prompt: what `prompts/list` says of it, and what `prompts/get` answers.
struct Prompt: Sendable {
    struct Argument: Sendable {
        let name: String
        let description: String
        var isRequired = true
    }

    let name: String
    let description: String
    var presentation = Presentation.plain
    var arguments: [Argument] = []
    /// The first revision that can express it; clients of older ones do not see the prompt.
    var since = ProtocolRevision.v2024_11_05
    /// Asked before there are messages; the answer's content becomes arguments. From 2026-07-28.
    var question: Question?
    /// The messages, for arguments of which all required ones are there.
    let messages: @Sendable ([String: String]) -> [JSONValue]

    func write(to writer: inout JSONWriter, for revision: ProtocolRevision) {
        writer.beginObject()
        writer.key("name")
        writer.string(name)
        writer.key("description")
        writer.string(description)
        presentation.write(to: &writer, for: revision)
        if !arguments.isEmpty {
            writer.key("arguments")
            writer.value(
                .array(
                    arguments.map { argument in
                        [
                            "name": .string(argument.name), "description": .string(argument.description),
                            "required": .bool(argument.isRequired),
                        ]
                    }))
        }
        writer.endObject()
    }
}

extension Prompt {
    static let builtIn: [Prompt] = [
        Prompt(
            name: "test_simple_prompt", description: "A prompt without arguments.",
            presentation: Presentation(
                title: "Simple prompt", icons: Presentation.icon, meta: #"{"example.com/kind":"simple"}"#)
        ) { _ in [user(ContentBlock.text("This is a simple prompt for testing."))] },
        Prompt(
            name: "test_prompt_with_arguments", description: "A prompt with two required arguments.",
            arguments: [
                Argument(name: "arg1", description: "The first argument."),
                Argument(name: "arg2", description: "The second argument."),
            ]
        ) { arguments in
            let (first, second) = (arguments["arg1"] ?? "", arguments["arg2"] ?? "")
            return [user(ContentBlock.text("Prompt with arguments: arg1='\(first)', arg2='\(second)'"))]
        },
        Prompt(
            name: "test_prompt_with_embedded_resource", description: "A prompt with a resource in it.",
            arguments: [Argument(name: "resourceUri", description: "The URI that the resource shall have.")]
        ) { arguments in
            [
                user(
                    ContentBlock.embeddedResource(
                        uri: arguments["resourceUri"] ?? "", mimeType: "text/plain",
                        text: "Embedded resource content for testing.")),
                user(ContentBlock.text("Please process the embedded resource above.")),
            ]
        },
        Prompt(name: "test_prompt_with_image", description: "A prompt with an image in it.") { _ in
            [user(ContentBlock.image), user(ContentBlock.text("Please analyze the image above."))]
        },
        Prompt(
            name: "test_input_required_result_prompt", description: "A prompt that asks for its context.",
            since: .v2026_07_28,
            question: Question.form(
                "What context should the prompt use?", properties: ["context": ["type": "string"]],
                required: ["context"]
            ).keyed("user_context", hasState: false)
        ) { arguments in
            [user(ContentBlock.text("Prompt with context: \(arguments["context"] ?? "none")"))]
        },
    ]

    /// The prompt that comes and goes.
    static let changing = Prompt(name: "changing_prompt", description: "A prompt that is not always there.") { _ in
        [user(ContentBlock.text("here"))]
    }

    /// A prompt beside the built-in ones.
    static func extra(_ index: Int) -> Prompt {
        Prompt(name: "prompt_\(index)", description: "Prompt \(index) of a number of them.") { _ in
            [user(ContentBlock.text("This is prompt \(index)."))]
        }
    }

    private static func user(_ content: JSONValue) -> JSONValue { ["role": "user", "content": content] }
}
