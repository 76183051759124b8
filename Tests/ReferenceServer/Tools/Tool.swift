import MCPProtocol

/// A tool: what `tools/list` says of it, and what a call does.
struct Tool: Sendable {
    enum Body: Sendable {
        /// Answers at once; the way to be fast.
        case immediate(@LoopActor @Sendable (Call) throws(ToolFailure) -> ToolResult)
        /// Takes its time. The task is cancelled when the client takes the call back.
        case suspending(@LoopActor @Sendable (Call) async throws(ToolFailure) -> ToolResult)
    }

    /// Whether a call can become a task (MCP 2025-11-25, Tasks, "Tool-Level Negotiation").
    enum TaskSupport: String, Sendable {
        case forbidden, optional, required
    }

    let name: String
    let description: String
    var presentation = Presentation.plain
    /// JSON Schema of the arguments, as JSON.
    var inputSchema = Tool.noArguments
    /// JSON Schema of `structuredContent`, as JSON.
    var outputSchema: String?
    /// `ToolAnnotations`, as JSON. From 2025-03-26.
    var annotations: String?
    var taskSupport = TaskSupport.forbidden
    /// Asked before a call becomes a task, where the server decides that. The body asks the same and finds the answers.
    var questionsBeforeTask: [Question] = []
    /// `false` for a tool that is there without being listed.
    var isListed = true
    /// The first revision that can express the results; clients of older ones do not see the tool.
    var since = ProtocolRevision.v2024_11_05
    /// The last revision that has what the tool does.
    var until = ProtocolRevision.v2026_07_28
    /// What ``inputSchema`` marks with `x-mcp-header`.
    var mirroredArguments: [MirroredArgument] = []
    let body: Body

    static var allBuiltIn: [Tool] {
        text + content + notifications + misbehaviour + process + observation + fixtures + questions + resources
            + prompts + tasks + modernFixtures + inputRequiredFixtures
    }

    static let noArguments = #"{"type":"object","additionalProperties":false}"#

    /// The JSON Schema of an object.
    ///
    /// - Parameter properties: name and schema (JSON) of each property.
    static func schema(_ properties: KeyValuePairs<String, String>, required: [String] = []) -> String {
        let members = properties.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",")
        let names = required.map { "\"\($0)\"" }.joined(separator: ",")
        return #"{"type":"object","properties":{"# + members + "}"
            + (required.isEmpty ? "}" : #","required":["# + names + "]}")
    }

    /// Whether clients of a revision see the tool.
    func isVisible(in revision: ProtocolRevision) -> Bool { since <= revision && revision <= until }

    func write(to writer: inout JSONWriter, for revision: ProtocolRevision) {
        writer.beginObject()
        writer.key("name")
        writer.string(name)
        writer.key("description")
        writer.string(description)
        writer.key("inputSchema")
        writer.raw(Array(inputSchema.utf8))
        if let outputSchema, revision >= .v2025_06_18 {
            writer.key("outputSchema")
            writer.raw(Array(outputSchema.utf8))
        }
        presentation.write(to: &writer, for: revision)
        if let annotations, revision.hasToolAnnotations {
            writer.key("annotations")
            writer.raw(Array(annotations.utf8))
        }
        if taskSupport != .forbidden, revision.hasCoreTasks {
            writer.key("execution")
            writer.value(["taskSupport": .string(taskSupport.rawValue)])
        }
        writer.endObject()
    }
}
