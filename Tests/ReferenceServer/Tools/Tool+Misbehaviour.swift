import Glibc
import MCPProtocol

extension Tool {
    /// Tools that fail, in all the ways a server can.
    static let misbehaviour: [Tool] = [
        Tool(
            name: "fail", description: "Answers a result that says it is an error.",
            inputSchema: schema(["message": #"{"type":"string","default":"failed as asked"}"#]),
            body: .immediate { (call) throws(ToolFailure) in
                throw .failed(try call.arguments.string("message", default: "failed as asked"))
            }),
        Tool(
            name: "protocol_error", description: "Answers a JSON-RPC error.",
            inputSchema: schema([
                "code": #"{"type":"integer","default":-32603}"#, "message": #"{"type":"string"}"#,
            ]),
            body: .immediate { (call) throws(ToolFailure) in
                throw .protocolError(
                    code: try call.arguments.integer("code", in: .min ... .max, default: -32603),
                    message: try call.arguments.string("message", default: "an error as asked"))
            }),
        Tool(
            name: "crash", description: "Ends the server's process in the middle of the call.",
            inputSchema: schema(["mode": #"{"type":"string","enum":["exit","abort","kill"],"default":"exit"}"#]),
            body: .immediate { (call) throws(ToolFailure) in
                switch try call.arguments.string("mode", oneOf: ["exit", "abort", "kill"]) {
                case "abort":
                    // Without the runtime's own handler, which may write a long trace first.
                    signal(SIGABRT, SIG_DFL)
                    abort()
                case "kill":
                    kill(getpid(), SIGKILL)
                    throw .failed("still alive")  // Not reached: SIGKILL cannot be caught.
                default: exit(3)
                }
            }),
        Tool(
            name: "hang", description: "Never answers. Stops in silence when it is cancelled.",
            body: .suspending { (call) async throws(ToolFailure) in
                while true { try await call.sleep(for: .seconds(3600)) }
            }),
        Tool(
            name: "hang_process", description: "Stops the server's process from reading or answering anything.",
            body: .immediate { (_) throws(ToolFailure) in
                // The very thing a server must not do: it blocks the only loop, and what is due on it never happens.
                while true { sleep(3600) }
            }),
        Tool(
            name: "garbage", description: "Prints lines that are not JSON, then answers.",
            inputSchema: schema(["lines": #"{"type":"integer","minimum":0,"default":1}"#]),
            body: .immediate { (call) throws(ToolFailure) in
                let lines = try call.arguments.integer("lines", in: 0...1_000_000, default: 1)
                for line in 0..<lines {
                    let garbage = Array("this is not JSON, line \(line + 1)".utf8)
                    guard call.client.misbehave(.garbage(garbage, fillerBytes: 0)) else {
                        throw .failed("this answer has no place for garbage")
                    }
                }
                return ToolResult(text: "\(lines) lines of garbage")
            }),
        Tool(
            name: "http_status", description: "Answers an HTTP status instead of a result.",
            inputSchema: schema(["status": #"{"type":"integer","minimum":400,"maximum":599,"default":503}"#]),
            body: .immediate { (call) throws(ToolFailure) in
                let status = Int(try call.arguments.integer("status", in: 400...599, default: 503))
                guard call.client.misbehave(.status(status)) else { throw .failed("this is not an answer over HTTP") }
                return ToolResult(text: "not seen")
            }),
        Tool(
            name: "cut", description: "Cuts the HTTP connection in the middle of the answer.",
            body: .immediate { (call) throws(ToolFailure) in
                guard call.client.misbehave(.cut) else { throw .failed("this is not an answer over HTTP") }
                return ToolResult(text: "not seen")
            }),
        Tool(
            name: "expire_sessions",
            description: "Makes the server forget every HTTP session after this answer, as a restart would.",
            body: .immediate { (call) throws(ToolFailure) in
                ToolResult(text: "\(call.server.expireSessions()) sessions forgotten")
            }),
    ]
}
