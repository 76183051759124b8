import MCPProtocol

extension Tool {
    /// Tools that send something before they answer.
    static let notifications: [Tool] = [
        Tool(
            name: "progress", description: "Reports progress step by step, if the call has a progress token.",
            inputSchema: schema([
                "steps": #"{"type":"integer","minimum":0,"default":3}"#,
                "delayMs":
                    #"{"type":"integer","minimum":0,"default":0,"description":"Milliseconds before each step."}"#,
            ]),
            body: .suspending { (call) async throws(ToolFailure) in
                let steps = try call.arguments.integer("steps", in: 0...1_000_000, default: 3)
                let pause = try call.arguments.integer("delayMs", in: 0...86_400_000, default: 0)
                for step in 0..<steps {
                    try await call.sleep(for: .milliseconds(pause))
                    if Task.isCancelled { throw .cancelled }
                    await call.client.progress(step + 1, of: steps, message: "step \(step + 1) of \(steps)")
                }
                return ToolResult(text: "\(steps) steps done")
            }),
        Tool(
            name: "log", description: "Sends log messages, then answers.",
            inputSchema: schema([
                "count": #"{"type":"integer","minimum":0,"default":1}"#,
                "level":
                    #"{"type":"string","enum":["info","debug","notice","warning","error","critical","alert","emergency"]}"#,
            ]),
            body: .suspending { (call) async throws(ToolFailure) in
                let count = try call.arguments.integer("count", in: 0...1_000_000, default: 1)
                let known = ["info"] + LogLevel.allCases.map(\.rawValue).filter { $0 != "info" }
                let level = LogLevel(rawValue: try call.arguments.string("level", oneOf: known)) ?? .info
                for index in 0..<count {
                    if Task.isCancelled { throw .cancelled }
                    await call.client.log(level, logger: "log", data: .string("message \(index + 1) of \(count)"))
                }
                return ToolResult(text: "\(count) messages logged")
            }),
        Tool(
            name: "flood", description: "Sends log messages as fast as they are taken, then answers.",
            inputSchema: schema(["count": #"{"type":"integer","minimum":0}"#], required: ["count"]),
            body: .suspending { (call) async throws(ToolFailure) in
                let count = try call.arguments.integer("count", in: 0...100_000_000)
                for index in 0..<count {
                    if Task.isCancelled { throw .cancelled }
                    await call.client.log(.info, logger: "flood", data: JSONValue(index))
                }
                return ToolResult(text: "\(count) notifications sent")
            }),
        Tool(
            name: "change_tools",
            description: "Adds the tool \"\(changing.name)\", or removes it, and announces that the list has changed.",
            body: .immediate { (call) throws(ToolFailure) in
                let isListed = call.server.toggleChangingTool()
                return ToolResult(text: isListed ? "added" : "removed")
            }),
    ]

    /// The tool that comes and goes.
    static let changing = Tool(
        name: "changing", description: "A tool that is not always there.",
        body: .immediate { (_) throws(ToolFailure) in ToolResult(text: "here") })
}
