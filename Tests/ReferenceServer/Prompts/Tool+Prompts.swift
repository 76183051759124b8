import MCPProtocol

extension Tool {
    /// Tools around prompts.
    static let prompts: [Tool] = [
        Tool(
            name: "change_prompts",
            description: "Adds the prompt \"\(Prompt.changing.name)\", or removes it, and announces it.",
            body: .immediate { (call) throws(ToolFailure) in
                let isListed = call.server.prompts.toggleChanging()
                call.server.announceChange(of: .prompts)
                return ToolResult(text: isListed ? "added" : "removed")
            }),
        Tool(
            name: "set_prompts", description: "Lists that many prompts beside the built-in ones, and announces it.",
            inputSchema: schema(
                ["count": #"{"type":"integer","minimum":0,"maximum":10000}"#], required: ["count"]),
            body: .immediate { (call) throws(ToolFailure) in
                let count = Int(try call.arguments.integer("count", in: 0...10_000))
                call.server.prompts.setExtra(count)
                call.server.announceChange(of: .prompts)
                return ToolResult(text: "\(count) more prompts")
            }),
    ]
}
