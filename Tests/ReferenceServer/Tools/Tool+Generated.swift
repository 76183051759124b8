import MCPProtocol

extension Tool {
    /// Tools in number, for tests and benchmarks of long lists. Each answers its name and arguments.
    static func generated(count: Int) -> [Tool] {
        (0..<count).map { index in
            let digits = String(index)
            let name = "tool_" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
            return Tool(
                name: name, description: "Searches collection \(index) for records and answers those that match.",
                inputSchema: schema(
                    [
                        "query": #"{"type":"string","description":"Words to look for."}"#,
                        "limit": #"{"type":"integer","minimum":1,"maximum":100,"default":20}"#,
                        "sort": #"{"type":"string","enum":["relevance","newest","oldest"],"default":"relevance"}"#,
                    ], required: ["query"]),
                body: .immediate { (call) throws(ToolFailure) in
                    ToolResult(text: "\(name) \(call.arguments.object?.text ?? "{}")")
                })
        }
    }
}
