import MCPProtocol

/// A question to a person, for which a run waits until its caller comes back with an answer.
struct RunInterruption: Sendable {
    enum Kind: String, Sendable {
        /// A tool's server asks for input (MCP, "Elicitation").
        case elicitation
        /// Something is only done if a person allows it.
        case approval
    }

    enum Action: String, Sendable, CaseIterable { case accept, decline, cancel }

    /// What the person said.
    struct Answer: Sendable {
        var action: Action
        /// What was filled in; an object.
        var content: RawJSON?
    }

    let id = "int_" + RandomToken.hexadecimal(32)
    var kind: Kind
    /// The gateway's name of the tool.
    var tool: String
    var message: String
    /// Of a form: JSON Schema of what is to be filled in.
    var requestedSchema: RawJSON?
    /// Of a page to be visited.
    var url: String?
    /// Of the call that needs approval.
    var arguments: RawJSON?
    /// In seconds since 1970.
    var expiry = 0

    /// The server's name, which is what stands before the tool's.
    var server: String {
        guard let separator = tool.firstRange(of: "__") else { return "" }
        return String(tool[..<separator.lowerBound])
    }

    /// As `agent_bridge.interruption` of an answer.
    func encode(into writer: inout JSONWriter) {
        writer.beginObject()
        for (name, value) in [
            ("id", id), ("kind", kind.rawValue), ("server", server), ("tool", tool), ("message", message),
        ] {
            writer.key(name)
            writer.string(value)
        }
        if let requestedSchema {
            writer.key("requested_schema")
            writer.raw(requestedSchema)
        }
        if let url {
            writer.key("url")
            writer.string(url)
        }
        if let arguments {
            writer.key("arguments")
            writer.raw(arguments)
        }
        writer.key("expires_at")
        writer.integer(expiry)
        writer.endObject()
    }
}
