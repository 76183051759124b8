import MCPProtocol

/// The configured agents, as models and as deployments.
struct AgentListing {
    let configuration: AgentConfiguration
    /// When this process started, in seconds since 1970.
    let created: Int

    func models() -> [UInt8] { list(configuration.agents.map(model)) }

    func model(_ name: String) throws(RunFailure) -> [UInt8] { model(try agent(name)) }

    func deployments() -> [UInt8] { list(configuration.agents.map(deployment)) }

    func deployment(_ name: String) throws(RunFailure) -> [UInt8] { deployment(try agent(name)) }

    func agent(_ name: String) throws(RunFailure) -> AgentSettings {
        guard let agent = configuration.agent(named: name) else {
            var failure = RunFailure(
                404, "invalid_request_error", "model_not_found", "There is no agent \"\(name.cut(toBytes: 80))\".")
            failure.dialCode = "DeploymentNotFound"
            throw failure
        }
        return agent
    }

    private func list(_ entries: [[UInt8]]) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("object")
        writer.string("list")
        writer.key("data")
        writer.beginArray()
        for entry in entries { writer.raw(entry) }
        writer.endArray()
        writer.endObject()
        return writer.finish()
    }

    private func model(_ agent: AgentSettings) -> [UInt8] {
        let value: JSONValue = [
            "id": .string(agent.name), "object": "model", "created": JSONValue(created), "owned_by": "agent-bridge",
        ]
        return value.serialized()
    }

    private func deployment(_ agent: AgentSettings) -> [UInt8] {
        let features: JSONValue = [
            "rate": true, "tokenize": true, "truncate_prompt": true, "configuration": true, "system_prompt": true,
            "tools": true, "seed": true, "url_attachments": true, "folder_attachments": false,
        ]
        let value: JSONValue = [
            "id": .string(agent.name), "model": .string(agent.name), "object": "deployment", "owner": "agent-bridge",
            "created_at": JSONValue(created), "status": "succeeded", "description": .string(agent.description),
            "features": features,
        ]
        return value.serialized()
    }

    /// JSON Schema of `custom_fields.configuration`.
    func configurationSchema(_ name: String) throws(RunFailure) -> [UInt8] {
        let agent = try agent(name)
        var properties = JSONObject()
        if agent.configurable.contains("temperature") {
            properties["temperature"] = ["type": "number", "minimum": 0, "maximum": 2]
        }
        if agent.configurable.contains("max_turns") {
            properties["max_turns"] = ["type": "integer", "minimum": 1, "maximum": JSONValue(agent.limits.maxTurns)]
        }
        if agent.configurable.contains("stages") {
            properties["stages"] = ["type": "string", "enum": ["full", "names", "off"]]
        }
        let schema: JSONValue = ["type": "object", "properties": .object(properties)]
        return schema.serialized()
    }
}
