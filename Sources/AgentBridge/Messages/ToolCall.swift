import MCPProtocol

/// One call a model asked for.
struct ToolCall: Sendable, Equatable {
    var id: String
    /// As the model wrote it: a name of ``LLMToolNames``, or an invention.
    var name: String
    /// As the model wrote it, which need not be JSON.
    var arguments: String

    /// `call_` and 24 hexadecimal digits, for models that give none.
    static func makeID() -> String { "call_" + RandomToken.hexadecimal(24) }

    /// As an assistant message lists it.
    func encode(into writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("id")
        writer.string(id)
        writer.key("type")
        writer.string("function")
        writer.key("function")
        writer.beginObject()
        writer.key("name")
        writer.string(name)
        writer.key("arguments")
        writer.string(arguments)
        writer.endObject()
        writer.endObject()
    }

    /// Reads one entry of an assistant message's `tool_calls`; `nil` if it has no id or no name.
    init?(_ value: RawJSON) {
        guard let id = value.member("id")?.stringValue, let function = value.member("function"),
            let name = function.member("name")?.stringValue
        else { return nil }
        self.id = id
        self.name = name
        arguments = function.member("arguments")?.stringValue ?? ""
    }

    init(id: String, name: String, arguments: String) {
        self.id = id
        self.name = name
        self.arguments = arguments
    }
}

/// Names that nobody can guess or meets twice.
enum RandomToken {
    static func hexadecimal(_ digits: Int) -> String {
        var text = ""
        while text.utf8.count < digits {
            let word = String(UInt64.random(in: .min ... .max), radix: 16)
            text += String(repeating: "0", count: 16 - word.utf8.count) + word
        }
        return String(text.prefix(digits))
    }
}
