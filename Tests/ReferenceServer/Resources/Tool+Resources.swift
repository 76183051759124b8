import MCPProtocol

extension Tool {
    /// Tools around resources.
    static let resources: [Tool] = [
        Tool(
            name: "update_resource",
            description: "Counts an update of a resource and tells the sessions that have subscribed to it.",
            inputSchema: schema(["uri": #"{"type":"string","default":"test://watched-resource"}"#]),
            body: .immediate { (call) throws(ToolFailure) in
                let uri = try call.arguments.string("uri", default: "test://watched-resource")
                call.server.updateResource(uri)
                return ToolResult(text: "updated \(uri)")
            }),
        Tool(
            name: "subscriptions",
            description:
                "Answers the URIs that sessions have subscribed to, as JSON; each as often as there are sessions.",
            body: .immediate { (call) throws(ToolFailure) in
                ToolResult(json: .array(call.server.subscriptions.map(JSONValue.string)))
            }),
        Tool(
            name: "change_resources",
            description: "Adds the resource \(Resource.changing.uri), or removes it, and announces it.",
            body: .immediate { (call) throws(ToolFailure) in
                let isListed = call.server.resources.toggleChanging()
                call.server.announceChange(of: .resources)
                return ToolResult(text: isListed ? "added" : "removed")
            }),
        Tool(
            name: "show_app", description: "Answers a greeting, which the view ui://reference/app can show.",
            presentation: Presentation(
                title: "Show the app",
                meta: #"{"ui":{"resourceUri":"ui://reference/app","visibility":["model","app"]}}"#),
            since: .v2025_06_18,
            body: .immediate { (_) throws(ToolFailure) in
                let result: JSONValue = [
                    "content": [ContentBlock.text("Hello from show_app")],
                    "structuredContent": ["greeting": "Hello from show_app"],
                    "_meta": ["ui": ["resourceUri": "ui://reference/app"]],
                ]
                return ToolResult(json: result.serialized())
            }),
    ]
}
