import MCPProtocol

/// A tool: what `tools/list` says of it, and what a call does.
struct Tool: Sendable {
    enum Body: Sendable {
        /// Answers at once; the way to be fast.
        case immediate(@LoopActor @Sendable (Call) throws(ToolFailure) -> ToolResult)
        /// Takes its time. The task is cancelled when the client takes the call back.
        case suspending(@LoopActor @Sendable (Call) async throws(ToolFailure) -> ToolResult)
    }

    let name: String
    let description: String
    /// JSON Schema of the arguments, as JSON.
    var inputSchema = Tool.noArguments
    /// JSON Schema of `structuredContent`, as JSON.
    var outputSchema: String?
    /// The first revision that can express the results; clients of older ones do not see the tool.
    var since = ProtocolRevision.v2024_11_05
    let body: Body

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
        writer.endObject()
    }
}
